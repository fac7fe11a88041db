package host

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
	"runtime"
)

// Platform returns the system and architecture that a plugin's program was built
// for, as Go names them (linux/amd64), by the program's own header. It is empty
// for what any machine may run: modules and scripts.
func (p *Package) Platform() (string, error) {
	r := bytes.NewReader(p.Program)
	switch {
	case p.Runtime() == RuntimeModule, bytes.HasPrefix(p.Program, []byte("#!")):
		return "", nil
	case bytes.HasPrefix(p.Program, []byte(elf.ELFMAG)):
		f, err := elf.NewFile(r)
		if err != nil {
			return "", fmt.Errorf("host: program: %w", err)
		}
		system := map[elf.OSABI]string{elf.ELFOSABI_FREEBSD: "freebsd", elf.ELFOSABI_OPENBSD: "openbsd", elf.ELFOSABI_NETBSD: "netbsd"}[f.OSABI]
		if system == "" {
			system = "linux"
		}
		return platform(system, map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_RISCV: "riscv64", elf.EM_ARM: "arm"}[f.Machine])
	case bytes.HasPrefix(p.Program, []byte("MZ")):
		f, err := pe.NewFile(r)
		if err != nil {
			return "", fmt.Errorf("host: program: %w", err)
		}
		return platform("windows", map[uint16]string{pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64", pe.IMAGE_FILE_MACHINE_I386: "386"}[f.Machine])
	}
	f, err := macho.NewFile(r)
	if err != nil {
		return "", fmt.Errorf("host: program: is neither a script nor a program of Linux, macOS or Windows")
	}
	return platform("darwin", map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[f.Cpu])
}

func platform(system, architecture string) (string, error) {
	if architecture == "" {
		return "", fmt.Errorf("host: program: built for %s on a machine that is not known", system)
	}
	return system + "/" + architecture, nil
}

// runsHere says what keeps a plugin from running on this machine.
func (p *Package) runsHere() error {
	built, err := p.Platform()
	if err != nil {
		return err
	}
	if here := runtime.GOOS + "/" + runtime.GOARCH; built != "" && built != here {
		return fmt.Errorf("host: program: built for %s, this is %s", built, here)
	}
	return nil
}
