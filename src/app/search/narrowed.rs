//! What of the hits is shown: the filter looks at each as it stands in the list, its path included.

use super::Search;
use crate::app::folder::Folder;
use crate::app::order::contains;
use crate::model::text::searched;

impl Search {
    /// Those of these places whose path, from the top of the search on, contains what is filtered for.
    pub(super) fn narrowed(&self, mut places: Vec<u32>) -> Vec<u32> {
        let filter = searched(self.filter.text());
        if filter.is_empty() {
            return places;
        }
        let path = |folder: &Folder| {
            let mut path = Vec::new();
            for name in folder.below(&self.top).unwrap_or_default() {
                path.extend(name.as_bytes());
                path.push(b'/');
            }
            path
        };
        let paths: Vec<Vec<u8>> = self.folders.iter().map(path).collect();
        // one piece of memory for all: there may be a hundred thousand
        let mut whole = Vec::new();
        places.retain(|place| {
            let place = *place as usize;
            let folder = self.lies_in.get(place).and_then(|at| paths.get(*at as usize));
            let (Some(folder), Some(entry)) = (folder, self.entries.get(place)) else {
                return false;
            };
            whole.clear();
            whole.extend(folder);
            whole.extend(entry.name.as_bytes());
            contains(&whole, &filter)
        });
        places
    }
}
