// EVOLVE-BLOCK-START
fn curve(x: f64) -> f64 {
    0.5 + 0.25 * x
}
// EVOLVE-BLOCK-END

fn main() {
    for argument in std::env::args().skip(1) {
        println!("{}", curve(argument.parse().unwrap()));
    }
}
