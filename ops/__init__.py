"""For whoever runs the service: the `edna-amocrm` command."""
