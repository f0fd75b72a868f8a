package verdict

import (
	"slices"
	"strings"
)

// class is how a process may be acted on.
type class int

const (
	program   class = iota // its owner restarts it
	critical               // stopping it ends Windows, or is not possible
	service                // restarted as a service
	shared                 // svchost with several services: which has the sockets is not known
	webWorker              // w3wp: by its application pool
	desktop                // closed by its user
	security               // by its vendor's console
	nameless               // no input names it
)

// criticalImages cannot be stopped without ending Windows.
var criticalImages = []string{"system", "idle", "system idle process", "registry", "memory compression", "secure system", "smss", "csrss", "wininit", "winlogon", "services", "lsass", "lsaiso", "dwm", "fontdrvhost"}

// criticalServices cannot be stopped, wherever they run.
var criticalServices = []string{"rpcss", "rpceptmapper", "dcomlaunch", "power", "plugplay", "lsm", "brokerinfrastructure", "systemeventsbroker", "samss", "netlogon", "kdc", "ntds", "eventlog", "profsvc", "gpsvc"}

// desktopImages are programs that a person works with.
var desktopImages = []string{"chrome", "msedge", "firefox", "iexplore", "opera", "brave", "outlook", "teams", "ms-teams", "onedrive", "excel", "winword", "powerpnt", "explorer", "slack", "zoom", "code", "msedgewebview2", "thunderbird", "spotify", "discord", "postman"}

// securityImages are of virus scanners and endpoint protection.
var securityImages = []string{"msmpeng", "mssense", "nissrv", "sentinelagent", "csfalconservice", "ccsvchst", "mcshield", "mfemms", "avp", "avastsvc", "avgsvc", "ekrn", "savservice", "sophosfs", "tmlisten", "ntrtscan", "pccntmon", "cyserver", "cyveraservice", "xagt", "bdservicehost", "epsecurityservice", "fortiesnac", "fortitray", "cbdefense", "repux", "cb"}

// class is the class of a holder.
func (h *holder) class() class {
	image, services := strings.TrimSuffix(strings.ToLower(h.image), ".exe"), h.running()
	switch {
	case h.pid == 4 || h.pid == 0 && image == "", slices.Contains(criticalImages, image):
		return critical
	case slices.ContainsFunc(services, func(s string) bool { return slices.Contains(criticalServices, strings.ToLower(s)) }):
		return critical
	case image == "" && len(services) == 1: // several may share a svchost
		return service
	case image == "":
		return nameless
	case slices.Contains(securityImages, image):
		return security
	case image == "svchost" && len(services) == 0:
		return critical // what runs in it is not known
	case image == "w3wp":
		return webWorker
	case image == "svchost" && len(services) > 1:
		return shared
	case len(services) > 0:
		return service
	case slices.Contains(desktopImages, image):
		return desktop
	}
	return program
}
