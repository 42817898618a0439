//! What of the hits is shown: the filter looks at each as it stands in the list, its path included.

use std::collections::HashMap;

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
        // only of the folders that are asked about: what comes is few, and there may be a hundred thousand before it
        let mut paths: HashMap<u32, Vec<u8>> = HashMap::new();
        // one piece of memory for all
        let mut whole = Vec::new();
        places.retain(|place| {
            let place = *place as usize;
            let (Some(at), Some(entry)) = (self.lies_in.get(place), self.entries.get(place)) else {
                return false;
            };
            let Some(folder) = self.folders.get(*at as usize) else {
                return false;
            };
            whole.clear();
            whole.extend_from_slice(paths.entry(*at).or_insert_with(|| path(folder)));
            whole.extend_from_slice(entry.name.as_bytes());
            contains(&whole, &filter)
        });
        places
    }
}
