//! Random operations at full width, on the engine and on OxiDD, compared by fingerprint after each; cubes also packet by
//! packet with the definition.

use oxidd::BooleanFunction;
use oxidd::bcdd::BCDDFunction;
use sekisho_net::{Cube, Family, Field, FieldSet};

use super::bdd::Bdd;
use super::generate;
use crate::random::Random;
use crate::{Layout, Manager, Set, Weights};

/// Fields of a round: few, so that sets meet, and all of them over the rounds.
fn some_fields(random: &mut Random) -> Vec<Field> {
    Field::ALL.into_iter().filter(|_| random.below(5) < 2).collect()
}

fn layouts(family: Family) -> [Layout; 3] {
    let even = FieldSet::mask(0, 1);
    [Layout::new(family), Layout::narrow(family), Layout::for_masks(family, [(Field::Src, &even)])]
}

struct Pair {
    sets: Manager,
    bdd: Bdd,
    weights: Weights,
    pool: Vec<(Set, BCDDFunction)>,
}

impl Pair {
    fn new(layout: Layout) -> Self {
        let bdd = Bdd::new(layout.family());
        let pool = vec![(Set::EMPTY, bdd.empty.clone()), (Set::FULL, bdd.full.clone())];
        Self { sets: Manager::with_layout(layout), bdd, weights: Weights::new(7), pool }
    }

    fn any(&self, random: &mut Random) -> (Set, BCDDFunction) {
        self.pool[random.below(self.pool.len() as u32) as usize].clone()
    }

    fn check(&mut self, what: &str, set: Set, function: BCDDFunction) {
        let (ours, theirs) =
            (self.sets.fingerprint(set, &self.weights), self.bdd.fingerprint(&function, &self.weights));
        assert_eq!(ours, theirs, "{what}");
        // Equal functions must be equal ids, and the other way round.
        for (other, other_function) in &self.pool {
            assert_eq!(set == *other, function == *other_function, "{what}: not canonical");
        }
        if self.sets.size(set) < 3_000 {
            self.pool.push((set, function));
        }
    }

    fn step(&mut self, random: &mut Random, fields: &[Field]) {
        let (a, fa) = self.any(random);
        let (b, fb) = self.any(random);
        let family = self.sets.family();
        match random.below(13) {
            0..4 => {
                let cube = generate::cube(random, fields, family);
                let set = self.sets.cube(&cube).unwrap();
                self.check(&format!("{cube:?}"), set, self.bdd.cube(&cube));
            }
            4 | 5 => {
                let set = self.sets.or(a, b).unwrap();
                self.check("or", set, fa.or(&fb).unwrap());
            }
            6 => {
                let set = self.sets.and(a, b).unwrap();
                self.check("and", set, fa.and(&fb).unwrap());
            }
            7 => {
                let set = self.sets.diff(a, b).unwrap();
                let function = fa.and(&fb.not().unwrap()).unwrap();
                assert_eq!(self.sets.subset(a, b), function == self.bdd.empty);
                assert_eq!(self.sets.disjoint(a, b), fa.and(&fb).unwrap() == self.bdd.empty);
                self.check("diff", set, function);
            }
            8 => {
                let set = self.sets.complement(a).unwrap();
                self.check("complement", set, fa.not().unwrap());
            }
            9 => {
                let field = fields.first().copied().unwrap_or(Field::Src);
                let values = generate::field_set(random, field, family);
                let set = self.sets.set_field(a, field, &values).unwrap();
                self.check("set_field", set, self.bdd.set_field(&fa, field, &values));
            }
            10 => {
                let field = fields.last().copied().unwrap_or(Field::Dst);
                let values = generate::field_set(random, field, family);
                let set = self.sets.preimage_set_field(a, field, &values).unwrap();
                self.check("preimage", set, self.bdd.preimage(&fa, field, &values));
            }
            11 if self.sets.size(a) < 40 => {
                let set = self.sets.set_field(a, Field::Src0, &FieldSet::Any).unwrap();
                let function = self.bdd.set_field(&fa, Field::Src0, &FieldSet::Any);
                let (x, y) =
                    if random.below(2) == 0 { (Field::Dst, Field::Src) } else { (Field::Src, Field::Dst) };
                let set = self.sets.swap_fields(set, x, y).unwrap();
                self.check("swap", set, self.bdd.swap_addresses(&function));
            }
            _ => {
                let addresses = [Field::Dst, Field::Src0, Field::Src];
                let to = addresses[random.below(3) as usize];
                let from = addresses[random.below(3) as usize];
                // Only the pair that matters is made for sets that split into many values.
                if self.sets.size(a) < 40 || (from, to) == (Field::Src, Field::Src0) {
                    let set = self.sets.rename_field(a, from, to).unwrap();
                    self.check("rename", set, self.bdd.rename(&fa, from, to));
                }
            }
        }
    }
}

fn same_as_oxidd(family: Family, rounds: u64) {
    for layout in layouts(family) {
        for seed in 0..rounds {
            let mut random = Random::new(seed);
            let fields = some_fields(&mut random);
            let mut pair = Pair::new(layout.clone());
            for _ in 0..60 {
                pair.step(&mut random, &fields);
            }
        }
    }
}

#[test]
fn operations_agree_with_oxidd_v4() {
    same_as_oxidd(Family::V4, 12);
}

#[test]
fn operations_agree_with_oxidd_v6() {
    same_as_oxidd(Family::V6, 6);
}

#[test]
fn cubes_contain_what_they_define() {
    for family in [Family::V4, Family::V6] {
        for layout in layouts(family) {
            let mut sets = Manager::with_layout(layout);
            let mut random = Random::new(3);
            for _ in 0..200 {
                let cube = generate::cube(&mut random, &Field::ALL, family);
                let set = sets.cube(&cube).unwrap();
                for _ in 0..40 {
                    let packet = generate::packet_near(&mut random, &cube, family);
                    assert_eq!(sets.contains(set, &packet), cube.contains(&packet), "{cube:?} {packet}");
                }
                if let Some(packet) = sets.pick(set) {
                    assert!(cube.contains(&packet));
                }
            }
        }
    }
}

#[test]
fn field_ranges_are_the_cube_of_the_ranges() {
    let mut sets = Manager::new(Family::V4);
    let ranges = vec![(0, 0), (5, 0xffff), (0x2_0000, 0x2_0000), (0xffff_0000, 0xffff_ffff)];
    let direct = sets.field_ranges(Field::Dst, &ranges).unwrap();
    let cube = Cube::any().with(Field::Dst, FieldSet::Ranges(ranges));
    assert_eq!(sets.cube(&cube).unwrap(), direct);
}

/// What a translated packet looks like, packet by packet: every image of a member is in the result, and every member of
/// the result has an origin in the set.
#[test]
fn rewrites_move_packets_as_defined() {
    for family in [Family::V4, Family::V6] {
        let mut random = Random::new(11);
        let mut sets = Manager::new(family);
        for _ in 0..60 {
            let cubes: Vec<Cube> = (0..3).map(|_| generate::cube(&mut random, &Field::ALL, family)).collect();
            let set = sets.cubes(&cubes).unwrap();
            let field = Field::ALL[random.below(11) as usize];
            let values = generate::field_set(&mut random, field, family);
            let image = sets.set_field(set, field, &values).unwrap();
            let moved = sets.rename_field(set, Field::Src, Field::Src0).unwrap();
            for cube in &cubes {
                for _ in 0..20 {
                    let packet = generate::packet_near(&mut random, cube, family);
                    let mut value = Cube::any();
                    value.set(field, values.clone());
                    let new = generate::packet_near(&mut random, &value, family).get(field);
                    let after = packet.with(field, new);
                    if cubes.iter().any(|cube| cube.contains(&packet)) {
                        assert_eq!(
                            sets.contains(image, &after),
                            values.contains(new),
                            "{field:?} {values:?}"
                        );
                        let translated = packet.with(Field::Src0, packet.get(Field::Src));
                        assert!(sets.contains(moved, &translated.with(Field::Src, new)));
                    }
                    // Origins: some value of the field must lead back into one of the cubes.
                    let origin = cubes.iter().any(|cube| {
                        !cube.get(field).is_empty()
                            && has_value(cube.get(field), field.max(family))
                            && cube.clone().with(field, FieldSet::Any).contains(&packet)
                    });
                    assert_eq!(sets.contains(image, &packet), origin && values.contains(packet.get(field)));
                    let back = packet.with(Field::Src, packet.get(Field::Src0));
                    let origin = cubes.iter().any(|cube| {
                        has_value(cube.get(Field::Src0), Field::Src0.max(family))
                            && cube.clone().with(Field::Src0, FieldSet::Any).contains(&back)
                    });
                    assert_eq!(sets.contains(moved, &packet), origin);
                }
            }
        }
    }
}

/// Whether some value up to `max` is in the set.
fn has_value(values: &FieldSet, max: u128) -> bool {
    match values {
        FieldSet::Ranges(ranges) => ranges.iter().any(|r| r.0 <= r.1 && r.0 <= max),
        _ => true,
    }
}

/// As the definition of a field set has it, whoever made it.
#[test]
fn a_mask_that_asks_for_ones_it_does_not_care_for_is_empty() {
    let mut sets = Manager::new(Family::V4);
    let impossible = FieldSet::Mask { value: 3, care: 1 };
    assert!(!impossible.contains(3));
    assert_eq!(sets.cube(&Cube::any().with(Field::Proto, impossible)).unwrap(), Set::EMPTY);
}
