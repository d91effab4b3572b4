"""A whole world on one machine: fakes of both vendors, a broker, and the command that runs everything."""
