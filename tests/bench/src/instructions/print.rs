//! The figures as a table: a line for each candidate, a column for each operation.

use super::{Times, Write};
use crate::variant::Variant;

pub(super) fn table(version: &str, writes: &[Write], counts: &[Vec<f64>]) {
    println!(
        "thousands of instructions for a row, prepared and in autocommit, by a single-user backend of PostgreSQL {version}"
    );
    let mut n = 0;
    for group in writes.chunk_by(|a, b| a.rows == b.rows) {
        let of = |variant: Variant| &counts[variant as usize][n..n + group.len()];
        heading(group);
        for variant in Variant::ALL {
            line(variant.title(), of(variant), 1);
        }
        let ratios: Vec<f64> = of(Variant::Audit)
            .iter()
            .zip(of(Variant::Floor))
            .map(|(ours, floor)| ours / floor)
            .collect();
        line("diesel-audit x floor", &ratios, 3);
        n += group.len();
    }
}

fn heading(group: &[Write]) {
    let [Write { rows, times, .. }, ..] = group else {
        return;
    };
    let Times { counted, .. } = times;
    let title = match rows {
        1 => format!("one row, {counted} times"),
        rows => format!("{rows} rows, {counted} times"),
    };
    print!("{title:26}");
    for write in group {
        print!("{:>9}", write.name);
    }
    println!("{:>9}", "average");
}

fn line(title: &str, figures: &[f64], decimals: usize) {
    let average = figures.iter().sum::<f64>() / figures.len() as f64;
    print!("{title:26}");
    for figure in figures {
        print!("{figure:>9.decimals$}");
    }
    println!("{average:>9.decimals$}");
}
