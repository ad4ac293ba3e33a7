# SPDX-License-Identifier: Apache-2.0
"""protobuf and ttrpc by hand, as far as a containerd needs them to speak with its shims."""
import socket
import struct
import threading

# message: {field: (number, kind)}; kinds: str, uint, int, bool, bytes, or a message; [kind] = repeated
ANY = {"type_url": (1, "str"), "value": (2, "bytes")}
TIME = {"seconds": (1, "int"), "nanos": (2, "int")}
MOUNT = {"type": (1, "str"), "source": (2, "str"), "target": (3, "str"), "options": (4, ["str"])}
ID = {"id": (1, "str")}
PROC = {"id": (1, "str"), "exec_id": (2, "str")}
EXITED = {"pid": (1, "uint"), "exit_status": (2, "uint"), "exited_at": (3, TIME)}
EMPTY = {}
TASK = {
    "State": (PROC, {
        "id": (1, "str"), "bundle": (2, "str"), "pid": (3, "uint"), "status": (4, "uint"), "stdin": (5, "str"),
        "stdout": (6, "str"), "stderr": (7, "str"), "terminal": (8, "bool"), "exit_status": (9, "uint"),
        "exited_at": (10, TIME), "exec_id": (11, "str")}),
    "Create": ({
        "id": (1, "str"), "bundle": (2, "str"), "rootfs": (3, [MOUNT]), "terminal": (4, "bool"), "stdin": (5, "str"),
        "stdout": (6, "str"), "stderr": (7, "str"), "checkpoint": (8, "str"), "options": (10, ANY)},
        {"pid": (1, "uint")}),
    "Start": (PROC, {"pid": (1, "uint")}),
    "Delete": (PROC, EXITED),
    "Pids": (ID, {"processes": (1, [{"pid": (1, "uint"), "info": (2, ANY)}])}),
    "Pause": (ID, EMPTY),
    "Resume": (ID, EMPTY),
    "Checkpoint": ({"id": (1, "str"), "path": (2, "str"), "options": (3, ANY)}, EMPTY),
    "Kill": ({"id": (1, "str"), "exec_id": (2, "str"), "signal": (3, "uint"), "all": (4, "bool")}, EMPTY),
    "Exec": ({
        "id": (1, "str"), "exec_id": (2, "str"), "terminal": (3, "bool"), "stdin": (4, "str"), "stdout": (5, "str"),
        "stderr": (6, "str"), "spec": (7, ANY)}, EMPTY),
    "ResizePty": ({"id": (1, "str"), "exec_id": (2, "str"), "width": (3, "uint"), "height": (4, "uint")}, EMPTY),
    "CloseIO": ({"id": (1, "str"), "exec_id": (2, "str"), "stdin": (3, "bool")}, EMPTY),
    "Update": ({"id": (1, "str"), "resources": (2, ANY)}, EMPTY),
    "Wait": (PROC, {"exit_status": (1, "uint"), "exited_at": (2, TIME)}),
    "Stats": (ID, {"stats": (1, ANY)}),
    "Connect": (ID, {"shim_pid": (1, "uint"), "task_pid": (2, "uint"), "version": (3, "str")}),
    "Shutdown": ({"id": (1, "str"), "now": (2, "bool")}, EMPTY),
}
EVENTS = {
    "/tasks/create": ("containerd.events.TaskCreate", {
        "container_id": (1, "str"), "bundle": (2, "str"), "rootfs": (3, [MOUNT]),
        "io": (4, {"stdin": (1, "str"), "stdout": (2, "str"), "stderr": (3, "str"), "terminal": (4, "bool")}),
        "checkpoint": (5, "str"), "pid": (6, "uint")}),
    "/tasks/start": ("containerd.events.TaskStart", {"container_id": (1, "str"), "pid": (2, "uint")}),
    "/tasks/exit": ("containerd.events.TaskExit", {
        "container_id": (1, "str"), "id": (2, "str"), "pid": (3, "uint"), "exit_status": (4, "uint"),
        "exited_at": (5, TIME)}),
    "/tasks/delete": ("containerd.events.TaskDelete", {
        "container_id": (1, "str"), "pid": (2, "uint"), "exit_status": (3, "uint"), "exited_at": (4, TIME),
        "id": (5, "str")}),
    "/tasks/oom": ("containerd.events.TaskOOM", {"container_id": (1, "str")}),
    "/tasks/exec-added": ("containerd.events.TaskExecAdded", {"container_id": (1, "str"), "exec_id": (2, "str")}),
    "/tasks/exec-started": ("containerd.events.TaskExecStarted", {
        "container_id": (1, "str"), "exec_id": (2, "str"), "pid": (3, "uint")}),
    "/tasks/paused": ("containerd.events.TaskPaused", {"container_id": (1, "str")}),
    "/tasks/resumed": ("containerd.events.TaskResumed", {"container_id": (1, "str")}),
}
ENVELOPE = {"timestamp": (1, TIME), "namespace": (2, "str"), "topic": (3, "str"), "event": (4, ANY)}
FORWARD = {"envelope": (1, ENVELOPE)}
KEY_VALUE = {"key": (1, "str"), "value": (2, "str")}
REQUEST = {
    "service": (1, "str"), "method": (2, "str"), "payload": (3, "bytes"), "timeout_nano": (4, "int"),
    "metadata": (5, [KEY_VALUE])}
RESPONSE = {"status": (1, {"code": (1, "int"), "message": (2, "str")}), "payload": (2, "bytes")}
RUNC_OPTIONS = {
    "no_pivot_root": (1, "bool"), "shim_cgroup": (3, "str"), "io_uid": (4, "uint"), "io_gid": (5, "uint"),
    "binary_name": (6, "str"), "root": (7, "str"), "systemd_cgroup": (9, "bool")}
GENERIC_OPTIONS = {"type_url": (1, "str"), "config_path": (2, "str"), "config_body": (3, "bytes")}
BOOTSTRAP_PARAMS = {
    "instance_id": (1, "str"), "namespace": (2, "str"), "log_level": (3, "int"), "containerd_ttrpc_address": (5, "str"),
    "containerd_grpc_address": (6, "str"), "containerd_binary": (7, "str"), "extensions": (8, [{"value": (1, ANY)}]),
    "socket_dir": (9, "str")}
BOOTSTRAP_RESULT = {"version": (1, "int"), "address": (2, "str"), "protocol": (3, "str")}
RUNTIME_INFO = {
    "name": (1, "str"), "version": (2, {"version": (1, "str")}), "options": (3, ANY), "features": (4, ANY)}
PROCESS_DETAILS = {"exec_id": (1, "str")}
COUNTER = {"limit": (1, "uint"), "usage": (2, "uint"), "max": (3, "uint"), "failcnt": (4, "uint")}
METRICS = {
    "io.containerd.cgroups.v1.Metrics": {
        "pids": (2, {"current": (1, "uint"), "limit": (2, "uint")}),
        "cpu": (3, {"usage": (1, {"total": (1, "uint"), "kernel": (2, "uint"), "user": (3, "uint")})}),
        "memory": (4, {"total_inactive_file": (30, "uint"), "usage": (33, COUNTER), "swap": (34, COUNTER)})},
    "io.containerd.cgroups.v2.Metrics": {
        "pids": (1, {"current": (1, "uint"), "limit": (2, "uint")}),
        "cpu": (2, {"usage_usec": (1, "uint")}),
        "memory": (4, {"anon": (1, "uint"), "usage": (32, "uint")})},
}
OK, UNKNOWN, INVALID, DEADLINE, NOT_FOUND, EXISTS, EXHAUSTED, PRECONDITION, UNIMPLEMENTED = 0, 2, 3, 4, 5, 6, 8, 9, 12
UNAVAILABLE = 14
REQUEST_FRAME, RESPONSE_FRAME, DATA_FRAME = 1, 2, 3


def put_varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def take_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 127) << shift
        if byte < 128:
            return n, at
        shift += 7


def encode(kind, message):
    out = b""
    for name, value in message.items():
        number, what = kind[name]
        for v in value if isinstance(what, list) else [value]:
            out += encode_field(number, what[0] if isinstance(what, list) else what, v)
    return out


def encode_field(number, what, v):
    if what in ("uint", "int", "bool"):
        return put_varint(number << 3) + put_varint(int(v)) if v else b""
    data = v.encode() if what == "str" else v if what == "bytes" else encode(what, v)
    return put_varint(number << 3 | 2) + put_varint(len(data)) + data


DEFAULTS = {"uint": 0, "int": 0, "bool": False, "str": "", "bytes": b""}


def fields(data):
    """Number and raw value of each field."""
    at = 0
    while at < len(data):
        key, at = take_varint(data, at)
        if key & 7 == 0:
            value, at = take_varint(data, at)
        elif key & 7 == 2:
            n, at = take_varint(data, at)
            value, at = data[at:at + n], at + n
            assert len(value) == n, "a field is cut off"
        elif key & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            raise ValueError("wire type %d" % (key & 7))
        yield key >> 3, value


def decode(kind, data):
    out = {name: [] if isinstance(what, list) else DEFAULTS[what] if isinstance(what, str) else None
           for name, (_, what) in kind.items()}
    names = {number: (name, what) for name, (number, what) in kind.items()}
    for number, raw in fields(data):
        if number not in names:
            continue
        name, what = names[number]
        v = decode_value(what[0] if isinstance(what, list) else what, raw)
        if isinstance(what, list):
            out[name].append(v)
        else:
            out[name] = v
    return out


def decode_value(what, raw):
    if what == "int":
        return raw - (1 << 64) if raw >> 63 else raw
    if what == "bool":
        return bool(raw)
    if what == "str":
        return raw.decode()
    if what in ("uint", "bytes"):
        return raw
    return decode(what, raw)


def frame(stream, kind, payload, flags=0, length=None):
    return struct.pack(">IIBB", len(payload) if length is None else length, stream, kind, flags) + payload


def receive(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise EOFError("the connection was closed after %d of %d bytes" % (len(data), n))
        data += more
    return data


def receive_frame(sock):
    n, stream, kind, flags = struct.unpack(">IIBB", receive(sock, 10))
    return stream, kind, flags, receive(sock, n)


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__("code %d: %s" % (code, message))
        self.code, self.message = code, message


class Client:
    """One connection to a shim. Calls may be left open; answers are matched by their stream."""

    def __init__(self, path, timeout=30):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.stream = -1
        self.answers = {}

    def send(self, method, service="containerd.task.v2.Task", timeout_nano=0, **message):
        self.stream += 2
        request = {"service": service, "method": method, "payload": encode(TASK[method][0], message),
                   "timeout_nano": timeout_nano}
        self.sock.sendall(frame(self.stream, REQUEST_FRAME, encode(REQUEST, request)))
        return self.stream, method

    def raw_answer(self, stream):
        while stream not in self.answers:
            got, kind, _, payload = receive_frame(self.sock)
            assert kind == RESPONSE_FRAME, "frame of type %d" % kind
            assert got not in self.answers, "two answers on stream %d" % got
            self.answers[got] = payload
        return self.answers.pop(stream)

    def answer(self, sent):
        stream, method = sent
        response = decode(RESPONSE, self.raw_answer(stream))
        if response["status"] and response["status"]["code"]:
            raise RpcError(response["status"]["code"], response["status"]["message"])
        return decode(TASK[method][1], response["payload"])

    def call(self, method, **message):
        return self.answer(self.send(method, **message))

    def has_answer(self, sent, seconds=0.2):
        """Whether an answer has come by then."""
        if sent[0] in self.answers:
            return True
        old = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            while sent[0] not in self.answers:
                got, _, _, payload = receive_frame(self.sock)
                self.answers[got] = payload
            return True
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(old)

    def close(self):
        self.sock.close()


class EventServer:
    """The containerd that takes events."""

    def __init__(self, path):
        self.path = path
        self.events = []
        self.changed = threading.Condition()
        self.listener = None
        self.connections = []
        self.silent = False  # takes requests and does not answer
        self.refusals = []  # the codes that the next requests are answered with
        self.open()

    def open(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """As when containerd ends: the socket goes, connections break."""
        import os
        os.unlink(self.path)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in self.connections:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []

    def accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            self.connections.append(c)
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        try:
            while True:
                stream, kind, flags, payload = receive_frame(c)
                request = decode(REQUEST, payload)
                envelope = decode(FORWARD, request["payload"])["envelope"]
                # Who waits for it goes on when it is answered: one that is not is sent again.
                with self.changed:
                    self.events.append((envelope["topic"], self.check(request, envelope, stream, kind, flags), envelope))
                    code = self.refusals.pop(0) if self.refusals else 0
                    if not self.silent:
                        c.sendall(frame(stream, RESPONSE_FRAME, encode(RESPONSE, {"status": {"code": code, "message": "no"}})
                                        if code else b""))
                    self.changed.notify_all()
        except (OSError, EOFError):
            c.close()

    @staticmethod
    def check(request, envelope, stream, kind, flags):
        """What containerd insists on; the event's own fields."""
        assert kind == REQUEST_FRAME and flags == 0 and stream % 2 == 1, (kind, flags, stream)
        assert request["service"] == "containerd.services.events.ttrpc.v1.Events", request
        assert request["method"] == "Forward" and request["timeout_nano"] == 5 * 10**9, request
        assert envelope["timestamp"]["seconds"] > 1700000000, envelope
        type_url, schema = EVENTS[envelope["topic"]]
        assert envelope["event"]["type_url"] == type_url, envelope
        return decode(schema, envelope["event"]["value"])

    def topics(self, container=None):
        return [t for t, e, _ in self.events if container in (None, e["container_id"])]

    def wait_for(self, topic, seconds=30, **want):
        def found():
            for t, e, _ in self.events:
                if t == topic and all(e.get(k) == v for k, v in want.items()):
                    return e
            return None
        with self.changed:
            assert self.changed.wait_for(found, seconds), "no %s %s among %s" % (topic, want, self.events)
            return found()
