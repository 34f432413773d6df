//! Tenants' signed configurations, agents' keys, ExternalIds and stops.
