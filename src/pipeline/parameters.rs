//! What a run did with which parameters: for the statement, and for the replay file.

use fafnir_fpga_hal::Ledger;
use fafnir_io::bed::Regions;
use fafnir_variant_caller::{Caller, CallerOptions, Karyotype, Ploidies};
use serde_json::{Map, Value, json};

use super::{Pipeline, header};
use crate::{
    input::Reads,
    options::{ModelChoice, SexChoice},
};

/// What the results are a function of, beside the inputs.
pub(super) fn of_reads(pipeline: &Pipeline, reads: &Reads) -> Map<String, Value> {
    let options = &pipeline.options;
    let groups: Vec<String> = reads.read_groups.iter().map(ToString::to_string).collect();
    object(json!({
        "aligner": header::command_line(options, true),
        "markDuplicates": options.mark_duplicates,
        "removeDuplicates": options.remove_duplicates,
        "readGroups": groups,
        "mask": pipeline.index.mask(),
        "altContigs": pipeline.index.alternates().iter().filter(|alt| **alt).count(),
    }))
}

/// The same of calling. Names of target files stand for their digests, which are among the inputs.
pub(super) fn of_calls(
    pipeline: &Pipeline,
    caller: &Caller,
    targets: Option<&Regions>,
) -> Map<String, Value> {
    let CallerOptions {
        sample,
        min_mapping_quality,
        min_base_quality,
        ploidy,
        emit_confidence,
        filters,
        reference_confidence,
        gvcf_bands,
        max_reference_span,
        max_region_reads,
        max_haplotypes,
        max_region_cells,
    } = caller.options();
    let options = &pipeline.options;
    let named = options.targets.iter().map(|target| {
        let file = target.file_name().filter(|_| target.exists());
        file.unwrap_or(target.as_os_str()).to_string_lossy()
    });
    object(json!({
        "sample": sample,
        "caller": {
            "minMappingQuality": min_mapping_quality,
            "minBaseQuality": min_base_quality,
            "ploidy": ploidy,
            "emitConfidence": emit_confidence,
            "hardFilters": filters.to_string(),
            "referenceConfidence": reference_confidence.to_string(),
            "gvcfBands": gvcf_bands.starts(),
            "maxReferenceSpan": max_reference_span,
            "maxRegionReads": max_region_reads,
            "maxHaplotypes": max_haplotypes,
            "maxRegionCells": max_region_cells,
        },
        "targets": named.collect::<Vec<_>>(),
        "targetPadding": options.target_padding,
        "targetBases": targets.map(Regions::bases),
        "knownVariants": options.dbsnp.is_some(),
        "recalibration": if options.recalibration.is_some() { "given" } else { "none" },
        "model": match options.model {
            ModelChoice::Auto => "estimated",
            ModelChoice::BuiltIn => "built in",
            ModelChoice::File(_) => "given",
        },
    }))
}

/// The copies of chromosomes that calls were made with.
pub(super) fn of_copies(
    choice: SexChoice,
    karyotype: Option<Karyotype>,
    ploidies: &Ploidies,
) -> Value {
    let [absent, haploid, diploid] = ploidies.bases();
    json!({
        "sampleSex": match choice {
            SexChoice::Auto => "auto",
            SexChoice::None => "none",
            SexChoice::Given(_) => "given",
        },
        "karyotype": karyotype.map(|k| k.to_string()),
        "basesOfOtherPloidy": { "0": absent, "1": haploid, "2": diploid },
    })
}

/// What changes no result, and what the backends did since `before`.
pub(super) fn internal(pipeline: &Pipeline, before: &Ledger) -> Map<String, Value> {
    let ledger = pipeline.hal.ledger().since(before);
    object(json!({
        "threads": pipeline.plan.workers,
        "batchSize": pipeline.options.batch_size,
        "memory": pipeline.plan.budget,
        "memoryForRecords": pipeline.plan.records,
        "indexLoader": pipeline.options.index_loader.name(),
        "backend": pipeline.hal.isa().name(),
        "devices": {
            "checked": pipeline.hal.policy().map(|policy| policy.checked),
            "shares": ledger.shares,
            "incidents": ledger.incidents,
            "notUsed": pipeline.device_warnings,
        },
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
