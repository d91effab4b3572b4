"""Mutants of what the gateway accepts, and where it keeps it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SPOOL_FILE = "tests/gateway/test_spool_file.py"
SPOOL_TROUBLE = "tests/gateway/test_spool_trouble.py"
SPOOL_DURABLE = "tests/gateway/test_spool_durable.py"

MUTANTS = (
    Mutant(
        "answer before anything is stored",
        "I1",
        "gateway/ingest.py",
        "            await written.confirmed\n",
        "            pass\n",
        ("tests/gateway/test_spool_disk.py",),
    ),
    Mutant(
        "let accepted_at stand still",
        "I2",
        "gateway/acceptance.py",
        "last.get(conversation, last.floor) + 1)",
        "last.get(conversation, last.floor))",
        ("tests/gateway/test_acceptance.py",),
    ),
    Mutant(
        "hand the elements of an array over in another order",
        "I2",
        "gateway/ingest.py",
        "for each in chunk]\n",
        "for each in reversed(chunk)]\n",
        ("tests/gateway/test_accepting.py::test_elements_of_an_array_are_stored_in_their_order",),
    ),
    Mutant(
        "take a document however deep it is",
        "I1",
        "gateway/body.py",
        "    if _is_deep(document):\n",
        "    if False:\n",
        ("tests/gateway/test_bad_input.py",),
    ),
    Mutant(
        "compare no signature",
        "I1",
        "bridge/amojo/signature.py",
        "        hmac.compare_digest(hook_signature(secret, signed).encode(), given) for",
        "        True for",
        ("tests/bridge/test_amojo_signature.py",),
    ),
    Mutant(
        "compare no key of edna's",
        "I1",
        "gateway/authenticity.py",
        "        found |= hmac.compare_digest(value, encoded)\n",
        "        found = True\n",
        ("tests/gateway/test_authenticity.py::test_another_key_is_not_ednas",),
    ),
    Mutant(
        "keep nothing of what was on its way when Kafka went",
        "I1",
        "gateway/writer.py",
        "        self._to_spool(taken)\n",
        "",
        ("tests/gateway/test_spool_order.py",),
    ),
    Mutant(
        "answer before the disk has it",
        "I1",
        "gateway/spool_segment.py",
        "            os.fdatasync(file)\n",
        "",
        (SPOOL_FILE,),
    ),
    Mutant(
        "leave a torn record at the end of a file",
        "I1",
        "gateway/spool_segment.py",
        "            os.truncate(path, size)\n",
        "            pass\n",
        (SPOOL_FILE,),
    ),
    Mutant(
        "take a drained file that cannot be deleted for one that is to be drained",
        "I1",
        "gateway/spool.py",
        "        except OSError as error:\n            return error\n",
        "        except InterruptedError as error:\n            return error\n",
        (SPOOL_TROUBLE,),
    ),
    Mutant(
        "forget a file that cannot be read",
        "I1",
        "gateway/spool.py",
        "        self._unread = 0\n        segment.kept = True\n",
        "        self._unread = 0\n",
        (SPOOL_TROUBLE,),
    ),
    Mutant(
        "delete the file of what could not be set aside",
        "I1",
        "gateway/spool.py",
        "            each.segment.kept = True\n",
        "            pass\n",
        (SPOOL_TROUBLE,),
    ),
    Mutant(
        "begin to number files anew while some are set aside",
        "I1",
        "gateway/spool.py",
        "        self._number = self._rejected.highest",
        "        self._number = 0",
        (SPOOL_TROUBLE,),
    ),
    Mutant(
        "leave the name of a new file to chance",
        "I1",
        "gateway/spool_segment.py",
        "            sync_folder(folder)\n        except",
        "            pass\n        except",
        (SPOOL_DURABLE,),
    ),
    Mutant(
        "set a record aside before it is durable",
        "I1",
        "gateway/spool_rejected.py",
        "            os.fsync(file.fileno())\n",
        "",
        (SPOOL_DURABLE,),
    ),
    Mutant(
        "adopt a file before its note",
        "I4",
        "gateway/spool.py",
        """                    note.rename(target.with_suffix(NOTE_SUFFIX))
                path.rename(target)
""",
        """                    path.rename(target)
                    note.rename(target.with_suffix(NOTE_SUFFIX))
                else:
                    path.rename(target)
""",
        (SPOOL_DURABLE,),
    ),
    Mutant(
        "write a part of a batch before the one in front of it is confirmed",
        "I2",
        "bridge/kafka/batches.py",
        "    for batch in batches:\n        await confirmation\n",
        "    for batch in batches:\n",
        ("tests/bridge/test_producer.py",),
    ),
    Mutant(
        "let the probe for Kafka end with an error that nobody expected",
        "I1",
        "bridge/kafka/producer.py",
        "            except (Exception, asyncio.CancelledError) as error:",
        "            except (KafkaError, OSError) as error:",
        ("tests/bridge/test_producer.py",),
    ),
    Mutant(
        "check no sum of a record on disk",
        "I1",
        "gateway/spool_record.py",
        "    if zlib.crc32(body) != HEADER.unpack_from(data, start)[3]:\n",
        "    if False:\n",
        (SPOOL_FILE,),
    ),
)
