"""Files that lvstui stores, each written whole or not at all."""
