//! The pages of the documentation that recipes and scenarios give: nobody writes them by hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use changegate_catalog::{Catalog, Proof, Recipe};
use changegate_change::undo::UndoClass;

use crate::{failure::Failure, scenario::Scenario};

/// Where the block of the README begins and ends.
const BLOCK: [&str; 2] = ["<!-- catalogue: begin -->\n", "<!-- catalogue: end -->\n"];

/// How many recipes are of a kind.
#[derive(Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) recipes: usize,
    pub(crate) full: usize,
    pub(crate) partial: usize,
    pub(crate) none: usize,
    pub(crate) two_emulators: usize,
    pub(crate) one_emulator: usize,
    pub(crate) less: usize,
    pub(crate) deep: usize,
}

impl Counts {
    pub(crate) fn of<'a>(recipes: impl IntoIterator<Item = &'a Recipe>) -> Self {
        let mut counts = Self::default();
        for recipe in recipes {
            counts.recipes += 1;
            *match recipe.undo_class() {
                UndoClass::Full => &mut counts.full,
                UndoClass::Partial => &mut counts.partial,
                UndoClass::None => &mut counts.none,
            } += 1;
            *match recipe.proof() {
                Proof::TwoEmulators => &mut counts.two_emulators,
                Proof::OneEmulator => &mut counts.one_emulator,
                Proof::RecordedAnswers | Proof::Documentation | Proof::Models => &mut counts.less,
            } += 1;
            counts.deep += usize::from(recipe.is_deep());
        }
        counts
    }

    fn row(&self) -> String {
        let Self { recipes, full, partial, none, two_emulators, one_emulator, less, deep } = self;
        format!(
            "{recipes} | {full} | {partial} | {none} | {two_emulators} | {one_emulator} | {less} | {deep}"
        )
    }
}

/// Every page with its path from the root of the repository.
pub(crate) fn pages(catalog: &Catalog, scenarios: &[Scenario]) -> Vec<(PathBuf, String)> {
    let mut by_service: BTreeMap<&str, Vec<&Recipe>> = BTreeMap::new();
    for recipe in catalog.recipes() {
        by_service.entry(recipe.service()).or_default().push(recipe);
    }
    let mut pages = vec![(PathBuf::from("docs/catalog.md"), overview(catalog, &by_service))];
    for (service, recipes) in &by_service {
        let path = PathBuf::from(format!("docs/catalog/{service}.md"));
        pages.push((path, service_page(service, recipes, scenarios)));
    }
    pages
}

fn overview(catalog: &Catalog, by_service: &BTreeMap<&str, Vec<&Recipe>>) -> String {
    let mut page = "# The catalogue\n\nMade by `make catalog-report` from the [recipes](../crates/catalog/recipes) \
        and the [scenarios](../proofs/scenarios) that prove them on emulators of AWS; `changegate catalog show SERVICE \
        OPERATION` tells a whole recipe. An operation is *deep* if every part of its recipe was thought through. \
        [Every other operation](guides/propose.md#operations-without-a-recipe) is captured by the nearest read of its \
        service, and has no undo but what the agent brings.\n\n\
        | service | operations | undo full | partial | none | proven on two emulators | on one | on less | deep |\n\
        |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (service, recipes) in by_service {
        let counts = Counts::of(recipes.iter().copied());
        let _infallible = writeln!(page, "| [{service}](catalog/{service}.md) | {} |", counts.row());
    }
    let all = Counts::of(catalog.recipes());
    let _infallible = writeln!(page, "| **{} services** | {} |", by_service.len(), all.row());
    page
}

fn service_page(service: &str, recipes: &[&Recipe], scenarios: &[Scenario]) -> String {
    let mut page = format!(
        "# {service}\n\nMade by `make catalog-report`; one of the [services](../catalog.md) of the catalogue.\n\n\
         | operation | undo | proven | what keeps it from being proven on both emulators |\n|---|---|---|---|\n"
    );
    for recipe in recipes {
        let own = scenarios.iter().filter(|own| own.recipe() == recipe.id());
        let reasons: BTreeSet<String> = own
            .clone()
            .flat_map(|own| &own.except)
            .map(|(kind, own)| format!("{}: {}", kind.name(), own.why.replace('|', "\\|").replace('\n', " ")))
            .collect();
        let why = match (recipe.proof(), own.count()) {
            (Proof::TwoEmulators, _) => String::new(),
            (_, 0) => "no emulator knows it".to_owned(),
            (_, _) => reasons.into_iter().collect::<Vec<_>>().join("; "),
        };
        let proof = match recipe.proof() {
            Proof::TwoEmulators => "on two emulators",
            Proof::OneEmulator => "on one emulator",
            Proof::RecordedAnswers => "on recorded answers",
            Proof::Documentation | Proof::Models => "not yet",
        };
        let deep = if recipe.is_deep() { "**" } else { "" };
        let (operation, undo) = (recipe.operation(), recipe.undo_class().as_str());
        let _infallible = writeln!(page, "| {deep}{operation}{deep} | {undo} | {proof} | {why} |");
    }
    page.push_str("\nDeep ones are **bold**.\n");
    page
}

fn readme(text: &str, catalog: &Catalog) -> Option<String> {
    let [begin, end] = BLOCK;
    let (head, rest) = text.split_once(begin)?;
    let (_, tail) = rest.split_once(end)?;
    let counts = Counts::of(catalog.recipes());
    let services: BTreeSet<_> = catalog.recipes().map(Recipe::service).collect();
    let Counts { recipes, full, partial, two_emulators, one_emulator, .. } = counts;
    let block = format!(
        "The [catalogue](docs/catalog.md) has recipes for {recipes} operations of {} services: {full} with a full undo, \
         {partial} with a partial one. {two_emulators} were proven on two emulators of AWS, {one_emulator} on one.\n",
        services.len()
    );
    Some(format!("{head}{begin}{block}{end}{tail}"))
}

/// Writes every page; with `check`, only names those that are not as they should be.
pub(crate) fn write(
    root: &Path,
    catalog: &Catalog,
    scenarios: &[Scenario],
    check: bool,
) -> Result<Vec<String>, Failure> {
    let mut pages = pages(catalog, scenarios);
    let path = root.join("README.md");
    let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let text =
        readme(&text, catalog).ok_or_else(|| Failure::System("README.md has no block for it".to_owned()))?;
    pages.push((PathBuf::from("README.md"), text));
    let mut other = Vec::new();
    for (name, text) in pages {
        let path = root.join(&name);
        if fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        other.push(name.display().to_string());
        if !check {
            let folder = path.parent().unwrap_or(root);
            fs::create_dir_all(folder).map_err(Failure::file(folder))?;
            fs::write(&path, text).map_err(Failure::file(&path))?;
        }
    }
    Ok(other)
}
