"""A place for an STT's messages to go: accepts streams on a local port and throws away what they bring.

On the order "report" it says how many messages came, which proves that the cost of sending them was paid.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

LOOK_EVERY_S = 0.001
MESSAGE_BYTES = 808
"""100 ms of mu-law in one masked WebSocket frame: 4 bytes of head, 4 of mask."""


def main() -> None:
    """Run until stdin ends."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    poll = select.epoll()
    poll.register(listening, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    streams: dict[int, socket.socket] = {}
    received = 0
    while True:
        # Like the callers it looks once a millisecond: nobody who sends to it pays for waking it.
        time.sleep(LOOK_EVERY_S)
        for fd, _ in poll.poll(0):
            if fd == listening.fileno():
                stream, _ = listening.accept()
                streams[stream.fileno()] = stream
                poll.register(stream, select.EPOLLIN)
            elif fd in streams:
                try:
                    size = len(streams[fd].recv(65536))
                except ConnectionError:
                    size = 0
                received += size
                if not size:
                    poll.unregister(fd)
                    streams.pop(fd).close()
            else:
                match sys.stdin.readline().strip():
                    case "":
                        return
                    case "reset":
                        received = 0
                    case _:
                        print(json.dumps({"stt_messages": received // MESSAGE_BYTES}), flush=True)


if __name__ == "__main__":
    main()
