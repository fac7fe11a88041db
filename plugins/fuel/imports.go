package fuel

import "github.com/tiercel/tiercel/plugins/abi"

// allowed lists the imports that a module may have. The WASI calls are those
// that the runtimes of Go, Rust and C link even where the program has no use
// for them; the engine answers them without files, sockets or environment.
var allowed = [...]string{
	abi.ImportModule + "." + abi.ImportLog,
	abi.ImportModule + "." + abi.ImportMatvec,
	abi.WASIModule + ".args_get",
	abi.WASIModule + ".args_sizes_get",
	abi.WASIModule + ".clock_res_get",
	abi.WASIModule + ".clock_time_get",
	abi.WASIModule + ".environ_get",
	abi.WASIModule + ".environ_sizes_get",
	abi.WASIModule + ".fd_close",
	abi.WASIModule + ".fd_fdstat_get",
	abi.WASIModule + ".fd_fdstat_set_flags",
	abi.WASIModule + ".fd_filestat_get",
	abi.WASIModule + ".fd_pread",
	abi.WASIModule + ".fd_prestat_dir_name",
	abi.WASIModule + ".fd_prestat_get",
	abi.WASIModule + ".fd_pwrite",
	abi.WASIModule + ".fd_read",
	abi.WASIModule + ".fd_readdir",
	abi.WASIModule + ".fd_seek",
	abi.WASIModule + ".fd_sync",
	abi.WASIModule + ".fd_write",
	abi.WASIModule + ".path_create_directory",
	abi.WASIModule + ".path_filestat_get",
	abi.WASIModule + ".path_filestat_set_times",
	abi.WASIModule + ".path_link",
	abi.WASIModule + ".path_open",
	abi.WASIModule + ".path_readlink",
	abi.WASIModule + ".path_remove_directory",
	abi.WASIModule + ".path_rename",
	abi.WASIModule + ".path_symlink",
	abi.WASIModule + ".path_unlink_file",
	abi.WASIModule + ".poll_oneoff",
	abi.WASIModule + ".proc_exit",
	abi.WASIModule + ".random_get",
	abi.WASIModule + ".sched_yield",
	abi.WASIModule + ".sock_accept",
	abi.WASIModule + ".sock_shutdown",
}

func isAllowed(module, name string) bool {
	for _, a := range allowed {
		if len(a) == len(module)+1+len(name) && a[:len(module)] == module && a[len(module)] == '.' && a[len(module)+1:] == name {
			return true
		}
	}
	return false
}
