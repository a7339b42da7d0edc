"""The dashboard's own ingest and store, as a process to be shot."""

import logging
import sys
import threading

from sternway.config import BrokerSettings, DashboardSettings
from sternway.dashboard.mqtt import ingest
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import open_store


def main() -> None:
    logging.disable(logging.CRITICAL)
    ingest.RETRY_S = 0.3
    broker = BrokerSettings(host="127.0.0.1", port=int(sys.argv[1]), tls=False)
    store = open_store(DashboardSettings(state_dir=sys.argv[2]))
    consumer = ingest.Ingest(broker, store, Live())
    consumer.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
