"""What `edna-amocrm doctor` examines: one family of checks a file. Each looks and changes nothing."""
