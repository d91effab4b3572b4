"""The vendors' contracts: what the fakes demand and send, and that the bridge's requests satisfy them."""
