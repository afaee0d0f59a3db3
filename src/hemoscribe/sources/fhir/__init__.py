"""FHIR resources, as JSON, NDJSON or XML."""
