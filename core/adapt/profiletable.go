package adapt

import "github.com/tiercel/tiercel/core/feature"

// surprise is minus the logarithm of how often what is as rare as the shape was
// seen at its place. Where little was seen nothing surprises.
func (p *Profile) surprise(s *feature.Shape) float64 {
	at := p.placeOf(s.Place)
	if at == nil {
		return 0
	}
	n := float64(at.n)
	share := func(c float64) float64 { return -logOf(min(1, (max(0, c)+0.5)/(n+1))) }
	if s.Item != 0 {
		c := float64(at.once)
		if it := p.itemOf(feature.HashPair(s.Place, s.Item)); it != nil {
			c = max(c, float64(it.n))
		}
		return share(c)
	}
	rarest := n
	without := (n + 1) / (float64(at.texts) + 1)
	for bit, c := range at.looks[:feature.LookLengths] {
		if s.Looks>>bit&1 == 1 {
			rarest = min(rarest, float64(c))
		} else {
			rarest = min(rarest, float64(float64(at.lacks[bit])*without))
		}
	}
	// A length is as rare as all that are no longer, or all that are no shorter.
	var shorter, longer float64
	for m, c := range at.looks[feature.LookLengths:] {
		rest := s.Looks >> (feature.LookLengths + m)
		if rest <= 1 {
			longer += float64(c)
		}
		if rest >= 1 {
			shorter += float64(c)
		}
	}
	return max(share(rarest), min(share(min(shorter, longer)), lengthMost))
}

// capped counts a source and reports whether it counts only once for a thing.
func (p *Profile) capped(source uint64) bool {
	if source == 0 {
		return false
	}
	if p.first(source) {
		p.sources[0]++
	}
	return max(p.sources[0], p.sources[1]) >= ProfileSources
}

// learn counts the shapes of a request.
func (p *Profile) learn(shapes []feature.Shape, source uint64, capped bool) {
	for i := range shapes {
		s := &shapes[i]
		at := p.makePlace(s.Place)
		if !capped || p.first(feature.HashPair(source, s.Place)) {
			at.n++
		}
		if s.Item != 0 {
			key := feature.HashPair(s.Place, s.Item)
			if !capped || p.first(feature.HashPair(source, key)) {
				it, fresh := p.makeItem(key)
				if it.n++; fresh {
					at.once++
				} else if it.n == 2 && at.once > 0 {
					at.once--
				}
			}
			continue
		}
		at.texts++
		for bit := range at.looks {
			if s.Looks>>bit&1 == 0 {
				if bit < feature.LookLengths {
					at.lacks[bit]++
				}
			} else if !capped || p.first(feature.HashPair(source, s.Place+uint64(bit)+1)) {
				at.looks[bit]++
			}
		}
	}
}

// first reports whether it is the first time in this epoch that a hash is seen,
// as far as the table remembers.
func (p *Profile) first(hash uint64) bool {
	at := &p.taught[hash%profileTaught]
	if *at == hash {
		return false
	}
	*at = hash
	return true
}

// turn begins the next epoch.
func (p *Profile) turn() {
	p.epoch++
	p.records = 0
	p.sources = [2]int{0, p.sources[0]}
	clear(p.taught)
	p.surprises.halve()
	p.stranger.odds.halve()
}

// halved returns what is left of a count after so many epochs.
func halved(n float32, epochs uint32) float32 {
	for ; epochs > 0 && n > 0; epochs-- {
		if n /= 2; n < 1e-3 {
			n = 0
		}
	}
	return n
}

func (p *Profile) placeOf(key uint64) *place {
	for i := range uint64(profileProbes) {
		if at := &p.places[(key+i)%profilePlaces]; at.key == key {
			at.age(p.epoch)
			return at
		}
	}
	return nil
}

func (at *place) age(epoch uint32) {
	if at.epoch == epoch {
		return
	}
	since := epoch - at.epoch
	at.n, at.once, at.epoch = halved(at.n, since), halved(at.once, since), epoch
	for i := range at.looks {
		at.looks[i] = halved(at.looks[i], since)
	}
	at.texts = halved(at.texts, since)
	for i := range at.lacks {
		at.lacks[i] = halved(at.lacks[i], since)
	}
}

// makePlace returns the place of that key, a new one where there is none: in the
// stead of the one that counts the least.
func (p *Profile) makePlace(key uint64) *place {
	var least *place
	for i := range uint64(profileProbes) {
		at := &p.places[(key+i)%profilePlaces]
		if at.age(p.epoch); at.key == key {
			return at
		}
		if least == nil || at.n < least.n {
			least = at
		}
	}
	*least = place{key: key, epoch: p.epoch}
	return least
}

func (p *Profile) itemOf(key uint64) *item {
	for i := range uint64(profileProbes) {
		if it := &p.items[(key+i)%profileItems]; it.key == key {
			it.age(p.epoch)
			return it
		}
	}
	return nil
}

func (it *item) age(epoch uint32) {
	it.n, it.epoch = halved(it.n, epoch-it.epoch), epoch
}

// makeItem is makePlace for items.
func (p *Profile) makeItem(key uint64) (it *item, fresh bool) {
	var least *item
	for i := range uint64(profileProbes) {
		it := &p.items[(key+i)%profileItems]
		if it.age(p.epoch); it.key == key {
			return it, false
		}
		if least == nil || it.n < least.n {
			least = it
		}
	}
	*least = item{key: key, epoch: p.epoch}
	return least, true
}
