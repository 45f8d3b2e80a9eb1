"""Reads with the reader's own code what a kernel and several keepalived have said, and prints it. Every Python must
print the same; it is started with nothing but the archive, and so imports nothing of the tests.

    ARCHIVE CAPTURES DUMPS CONFIGURATION"""

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from lvstui.remote.older_python import complete  # noqa: E402

complete()

from pathlib import Path  # noqa: E402

from lvstui.director.change import AddServer, AddService, Change, DeleteService, Flush, apply_all, inverse  # noqa: E402
from lvstui.director.model import RuleSet  # noqa: E402
from lvstui.director.spell import server_line, service_line, spell  # noqa: E402
from lvstui.director.state import ServiceRows, State  # noqa: E402
from lvstui.keepalived.conf import read_config  # noqa: E402
from lvstui.keepalived.dump import checkers, instances, statistics  # noqa: E402
from lvstui.kernel.ipvs.pools import DestLayout, PackedPool  # noqa: E402
from lvstui.kernel.ipvs.services import PackedServices, ServiceLayouts  # noqa: E402
from lvstui.store.frames import Encoder  # noqa: E402

captures, dumps, configuration = map(Path, sys.argv[2:])
for path in sorted(captures.glob("*.txt")):
    lines = [line.split() for line in path.read_text().splitlines()]
    (services,) = (
        PackedServices(memoryview(bytes.fromhex(words[1])), ServiceLayouts())
        for words in lines
        if words[0] == "services"
    )
    changes: list[Change] = []
    keys, pools = {}, {}
    for reading in services:
        print(service_line(reading.service), reading)
        keys[tuple(reading.service.key)] = reading.service.key
        changes.append(AddService(reading.service))
    for words in (words for words in lines if words[0] != "services"):
        mark, family, protocol, port = (int(words[n]) for n in (1, 2, 3, 5))
        key = keys[mark, family, protocol, bytes.fromhex(words[4]), port]
        data = bytes.fromhex(words[6])
        layout = DestLayout.learn(data[: int.from_bytes(data[:4], sys.byteorder)])
        assert layout is not None
        pools[key] = PackedPool(0.0, memoryview(data), layout)
        print(list(pools[key]), list(pools[key].numbers()))
        for server in pools[key].servers():
            print(server_line(key, server))
            changes.append(AddServer(key, server))
    table = apply_all(changes, RuleSet({}))
    for change in [*changes, *map(DeleteService, table.rules), Flush()]:
        print(spell(change), *map(spell, inverse(change, table)))
    state = State(1.0, 1.0, "far", ServiceRows(list(services)), pools, 1.0)
    encoder = Encoder(keeping=True)
    for whole, payload in (encoder.encode(state), encoder.encode(state._replace(at=2.0))):
        print(whole, payload.hex())
for path in sorted(dumps.iterdir()):
    text = path.read_text()
    if path.suffix == ".json":
        print(statistics.instances(text))
    elif path.suffix == ".data":
        print(checkers.watched(text) if "_check" in path.name else instances.instances(text))
meant = read_config(configuration, "lvs1")
print(meant._replace(files=(), inhibited=frozenset(), twins=frozenset()))
