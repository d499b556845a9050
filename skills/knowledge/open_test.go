package knowledge

import "amtsbote/skills/index"

func openIndex(dir string) (index.Index, error) { return index.OpenBleve(dir) }
