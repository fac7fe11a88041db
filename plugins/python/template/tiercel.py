"""Everything a base learner in Python needs: write a class that is a Learner
and call serve(YourLearner()). The contract in words is plugins/abi/ABI.md.

It needs python3-grpcio and python3-numpy, and no generated code: the messages
of learner.proto have so few fields that they are read and written here.
"""

import mmap
import os
import struct
import sys

# One caller at a time: more threads only cost memory. Set before numpy loads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

OK, BAD_FRAME, BAD_COLUMNS, NOT_CONFIGURED, BAD_CONFIG, INTERNAL = range(6)
OWN = 16  # your own statuses start here

MAX_FRAME = 16 << 20
MAX_TEXTS = 16
MAX_MESSAGE = MAX_FRAME + 4 * 65536 + (64 << 10)
COOKIE = ("TIERCEL_PLUGIN", "5f1c2f0a7e3b4d7c9e0d61b28a94c3f7")


class Refused(Exception):
    """What configure and score raise: a status and a line for people."""

    def __init__(self, status, message=""):
        super().__init__(message)
        self.status, self.message = status, message


class Learner:
    """A base learner."""

    description = ""  # lines of "key value", see ABI.md

    def configure(self, text):
        """Takes what the user wrote for this learner, bytes."""
        raise Refused(BAD_CONFIG, "this learner takes no configuration")

    def score(self, frame):
        """Returns frame.rows numbers, higher meaning more of a threat; NaN
        abstains. The same row gives the same bits, however rows are batched:
        no matrix products over the batch, whose sums depend on its size."""
        raise NotImplementedError


class Texts:
    """A declared text column: a row has no value, one or several."""

    def __init__(self, first, offset, data):
        self.first, self.offset, self.data = first, offset, data

    def of(self, row):
        """The values of a row: bytes, decoded and in lower case."""
        for k in range(self.first[row], self.first[row + 1]):
            yield bytes(self.data[self.offset[k] : self.offset[k + 1]])


class Frame:
    """A batch: x is rows x columns float32 in the order of the description,
    NaN where the record has no value; texts are the declared text columns."""

    def __init__(self, data):
        data = memoryview(data)
        if len(data) < 32:
            raise Refused(BAD_FRAME, "shorter than its header")
        magic, self.rows, self.columns, texts, size, offset, zero, zero2 = struct.unpack_from("<8I", data)
        if magic != 0x31464354 or size != len(data) or offset != 32 + 4 * self.rows * self.columns:
            raise Refused(BAD_FRAME, "not a frame")
        if offset > size or texts > MAX_TEXTS or zero or zero2:
            raise Refused(BAD_FRAME, "not a frame")
        x = np.frombuffer(data, "<f4", self.rows * self.columns, 32)
        self.x = x.reshape(self.rows, self.columns)
        self.texts = []
        for _ in range(texts):
            if offset + 8 > size:
                raise Refused(BAD_FRAME, "texts are cut off")
            values, length = struct.unpack_from("<2I", data, offset)
            end = offset + 8 + 4 * (self.rows + 1) + 4 * (values + 1) + length
            if end > size:
                raise Refused(BAD_FRAME, "texts are cut off")
            first = np.frombuffer(data, "<u4", self.rows + 1, offset + 8)
            offsets = np.frombuffer(data, "<u4", values + 1, offset + 8 + 4 * (self.rows + 1))
            self.texts.append(Texts(first, offsets, data[end - length : end]))
            offset = (end + 3) & ~3
        if offset != size:
            raise Refused(BAD_FRAME, "bytes after its end")


def wanted(description):
    """How many features a description names; None for all, whose number varies."""
    names = [line[8:] for line in description.splitlines() if line.startswith("feature ")]
    return None if names == ["*"] else len(names)


def read_fields(message):
    """Yields the fields of a protobuf message: number and an int or bytes."""
    data, at = memoryview(message), 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            length = varint()
            yield key >> 3, data[at : at + length]
            at += length
        else:
            raise Refused(INTERNAL, "a field of a kind that learner.proto has not")


def field(number, value):
    """Writes one field: an int of at least 0, text or bytes; nothing if it is empty."""

    def varint(v):
        out = bytearray()
        while v > 127:
            out.append(v & 127 | 128)
            v >>= 7
        out.append(v)
        return bytes(out)

    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    if not value:
        return b""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


class Service:
    """Answers the calls of learner.proto for one learner."""

    def __init__(self, learner):
        self.learner = learner
        self.wanted = wanted(learner.description)
        self.memory = None  # shared with the host

    def describe(self, _request):
        return field(1, self.learner.description) + field(2, 1)  # and ScoreStream is there

    def configure(self, request):
        config, memory = None, {}
        for number, value in read_fields(request):
            if number == 1:
                config = bytes(value)
            elif number == 2:
                memory = dict(read_fields(value))
        status, message = OK, ""
        if config is not None:
            status, message, _ = self.guard(lambda: self.learner.configure(config))
        if memory and not self.memory:
            try:
                self.memory = mmap.mmap(memory[1], memory[2])
            except (OSError, KeyError, ValueError) as e:
                log("warning", f"frames come in messages, no shared memory: {e}")
        return field(1, status) + field(2, message) + field(3, 1 if self.memory else 0)

    def score(self, request):
        fields = dict(read_fields(request))
        frame, shared = fields.get(1, b""), fields.get(2, 0)
        status, message, scores = self.guard(lambda: self.scores(frame, shared))
        if status == OK and shared:
            self.memory[shared : shared + len(scores)] = scores
            scores = b""
        return field(1, scores) + field(2, status) + field(3, message)

    def score_stream(self, requests, _context):
        for request in requests:
            yield self.score(request)

    def scores(self, frame, shared):
        if shared:
            if not self.memory or shared > len(self.memory):
                raise Refused(BAD_FRAME, "no such shared memory")
            frame = memoryview(self.memory)[:shared]
        f = Frame(frame)
        if self.wanted is not None and f.columns != self.wanted:
            raise Refused(BAD_COLUMNS, f"{f.columns} columns, {self.wanted} were declared")
        scores = np.ascontiguousarray(self.learner.score(f), "<f4")
        if scores.shape != (f.rows,):
            raise Refused(INTERNAL, f"scores of shape {scores.shape} for {f.rows} rows")
        return scores.tobytes()

    @staticmethod
    def guard(call):
        """Calls and returns a status, a message and what came back."""
        try:
            return OK, "", call()
        except Refused as e:
            return e.status, e.message, b""
        except Exception as e:  # a learner's mistake ends a batch, not the process
            log("error", repr(e))
            return INTERNAL, repr(e), b""


def log(level, line):
    """Writes a line to the host's log: debug, info, warning or error."""
    print(f"{level}: {line}", file=sys.stderr, flush=True)


def serve(learner):
    """Serves a learner until the host ends. It does not return."""
    if os.environ.get(COOKIE[0]) != COOKIE[1]:
        sys.exit("This is a plugin of tiercel: it is started by it. Try: tiercel plugin check " + sys.argv[0])
    # Standard output carries one line; whatever else is printed goes to the log.
    ready = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    from concurrent.futures import ThreadPoolExecutor

    import grpc

    service = Service(learner)
    options = [("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", MAX_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(4), options=options)

    def unary(call):
        return grpc.unary_unary_rpc_method_handler(lambda request, _context: call(request))

    def add(name, handlers):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))

    add("tiercel.learner.v1.Learner", {
        "Describe": unary(service.describe),
        "Configure": unary(service.configure),
        "Score": unary(service.score),
        "ScoreStream": grpc.stream_stream_rpc_method_handler(service.score_stream),
    })
    add("grpc.health.v1.Health", {"Check": unary(lambda _request: field(1, 1))})  # SERVING
    add("plugin.GRPCController", {"Shutdown": unary(lambda _request: server.stop(0) and b"")})

    address, network = listen(server)
    server.start()
    ready.write(f"1|1|{network}|{address}|grpc\n")
    ready.close()
    while os.read(0, 4096):  # the host holds this open for as long as it lives
        pass
    os._exit(0)


def listen(server):
    """Listens where the host asks for and returns the address and its network."""
    folder = os.environ.get("PLUGIN_UNIX_SOCKET_DIR")
    if folder:
        address = os.path.join(folder, "learner")
        server.add_insecure_port("unix:" + address)
        return address, "unix"
    raise SystemExit("this plugin needs Unix sockets")
