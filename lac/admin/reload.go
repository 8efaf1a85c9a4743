package admin

// Reloaded tells what another configuration has changed.
type Reloaded struct {
	Changes  []string `json:"changes"`       // in force now
	Restart  []string `json:"needs_restart"` // different in the file, and not in force
	Warnings []string `json:"warnings,omitempty"`
}
