//! Synthetic access lists: a dozen address pools, common ports, some masks of odd shape.

use sekisho_net::{Cube, Family, Field, FieldSet};

use super::{Random, Rule};

const PORTS: [u128; 48] = [
    20, 21, 22, 23, 25, 53, 69, 80, 88, 110, 111, 123, 135, 137, 139, 143, 161, 162, 179, 389, 443, 445, 465,
    514, 515, 587, 636, 873, 993, 995, 1194, 1433, 1521, 2049, 3128, 3306, 3389, 5060, 5432, 5900, 6379,
    8000, 8080, 8443, 9100, 9200, 11211, 27017,
];

/// Percent of rules with a mask of odd shape.
const ODD_MASKS: u64 = 5;

/// A prefix as a mask, so that its length stays known.
pub fn prefix(value: u128, length: u32, family: Family) -> FieldSet {
    let host = match family.bits() - length {
        128 => u128::MAX,
        bits => (1 << bits) - 1,
    };
    FieldSet::mask(value & !host, family.max_addr() & !host)
}

/// `count` rules.
pub fn rules(count: usize, family: Family, seed: u64) -> Vec<Rule> {
    let mut random = Random(seed);
    let v6 = family == Family::V6;
    let pools: Vec<u128> = (0..12)
        .map(|_| {
            if v6 {
                (0x2001_0000 + random.value(0xffff)) << 96
            } else {
                (10 + random.value(180)) << 24 | random.value(256) << 16
            }
        })
        .collect();
    let nets: Vec<u128> = (0..64.max(count / 6))
        .map(|_| {
            let pool = pools[random.below(12) as usize];
            if v6 {
                pool | random.value(65536) << 80 | random.value(64) << 64
            } else {
                pool | random.value(256) << 8
            }
        })
        .collect();
    let space = Space { family, pools, nets };
    (0..count).map(|i| space.rule(&mut random, i + 1 == count)).collect()
}

struct Space {
    family: Family,
    pools: Vec<u128>,
    nets: Vec<u128>,
}

impl Space {
    fn rule(&self, random: &mut Random, last: bool) -> Rule {
        let v6 = self.family == Family::V6;
        let width = self.family.bits();
        let odd = random.below(100) < ODD_MASKS;
        let side = random.below(2);
        let src = self.address(random, 20, odd && side == 0);
        let mut dst = self.address(random, 8, odd && side == 1);
        if src == FieldSet::Any && dst == FieldSet::Any && !last {
            dst = self.address(random, 0, false);
        }
        let wide = width * 3 / 4;
        if fixed_bits(&dst) < wide && fixed_bits(&src) < wide && random.below(10) > 0 {
            dst = self.address(random, 0, false);
            if fixed_bits(&dst) < wide && !v6 {
                let value = if let FieldSet::Mask { value, .. } = dst { value } else { 0 };
                dst = prefix(value | random.value(60000), 32, self.family);
            }
        }
        let fixed = fixed_bits(&src) + fixed_bits(&dst);
        let vague = fixed < width + width / 2;
        let mut cube = Cube::any();
        let kind = random.below(100);
        if kind < 60 {
            cube.set(Field::Proto, FieldSet::one(6));
        } else if kind < 85 {
            cube.set(Field::Proto, FieldSet::one(17));
        } else if kind < 90 || vague {
            cube.set(Field::Proto, FieldSet::one(1));
            if random.below(2) == 0 {
                cube.set(Field::IcmpType, FieldSet::one([8, 0, 3, 11][random.below(4) as usize]));
            }
        }
        if kind < 85 {
            let sport = random.below(100);
            if sport < 5 {
                cube.set(Field::Sport, FieldSet::range(1024, 65535));
            } else if sport < 8 {
                cube.set(Field::Sport, FieldSet::one(PORTS[random.below(48) as usize]));
            }
            cube.set(Field::Dport, dport(random, vague));
            if kind < 60 && random.below(100) < 5 {
                let ack = random.below(2) == 0;
                cube.set(
                    Field::Flags,
                    if ack { FieldSet::mask(0x10, 0x10) } else { FieldSet::mask(2, 0x17) },
                );
            }
        }
        cube.set(Field::Src, src);
        cube.set(Field::Dst, dst);
        Rule { cube, permit: random.below(100) < 70 }
    }

    /// An address set: `any` percent are everything.
    fn address(&self, random: &mut Random, any: u64, odd: bool) -> FieldSet {
        let v6 = self.family == Family::V6;
        let roll = random.below(100);
        let net = self.nets[random.below(self.nets.len() as u64) as usize];
        if odd {
            return self.odd_mask(random, net);
        }
        if roll < any {
            return FieldSet::Any;
        }
        let roll = random.below(100);
        let (length, value) = match roll {
            _ if v6 && roll < 35 => (128, net | random.value(2000)),
            _ if v6 && roll < 70 => (64, net),
            _ if v6 && roll < 80 => (56, net),
            _ if v6 && roll < 92 => (48, net),
            _ if v6 && roll < 96 => (32, net),
            _ if v6 => (120, net | random.value(8) << 8),
            _ if roll < 40 => (32, net | random.value(256)),
            _ if roll < 70 => (24, net),
            _ if roll < 85 => (16 + random.below(8) as u32, net),
            _ if roll < 95 => (25 + random.below(7) as u32, net | random.value(256)),
            _ => (16, net),
        };
        prefix(value, length, self.family)
    }

    fn odd_mask(&self, random: &mut Random, net: u128) -> FieldSet {
        let host = random.value(256);
        let pool = self.pools[random.below(12) as usize];
        let shape = random.below(5);
        let care = |free: u128| self.family.max_addr() & !free;
        if self.family == Family::V6 {
            return match shape {
                0 | 1 => FieldSet::mask(pool | 1 << 80 | host, care(0xffff << 64)),
                2 => FieldSet::mask(host, 0xffff),
                _ => FieldSet::mask(net | 7 << 32, care(0xff << 64 | 0xffff)),
            };
        }
        match shape {
            0 => FieldSet::mask(pool | host, 0xffff_00ff),
            1 => FieldSet::mask(net, care(0x10ff)),
            2 => FieldSet::mask(net | host, care(0xfe)),
            3 => FieldSet::mask(net, care(0x00ff_00ff)),
            _ => FieldSet::mask(net | host, care(0x0f0f)),
        }
    }
}

fn dport(random: &mut Random, vague: bool) -> FieldSet {
    let roll = random.below(if vague { 55 } else { 100 });
    match roll {
        0..55 => FieldSet::one(PORTS[random.below(48) as usize]),
        55..70 => FieldSet::range(1024, 65535),
        70..80 => {
            let low = random.value(60000);
            FieldSet::range(low, low + random.value(5000))
        }
        80..85 => FieldSet::one(random.value(65536)),
        _ => FieldSet::Any,
    }
}

/// Bits that a mask fixes.
fn fixed_bits(set: &FieldSet) -> u32 {
    if let FieldSet::Mask { care, .. } = set { care.count_ones() } else { 0 }
}
