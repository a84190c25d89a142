// Package store keeps everything in PostgreSQL: repositories, migrations, sealing
// and the search index. It is the only home of pgx, pgvector, goose, River and Tink.
//
// The rules that every file of this package keeps:
//
//   - [DB.InClinic] and [DB.InClinicBatch] are the only ways to a clinic's rows;
//     row-level security returns nothing outside them, even to a query that forgot
//     its filter. Queries filter by clinic_id all the same, for the index.
//   - Every table of a clinic has clinic_id as the first column of each key and is
//     handed to frontdesk_protect() in its migration. Tables named directory_… are
//     the exception: ids and hashes only, the one look-up across clinics.
//   - What a patient wrote or is known by is sealed ([DB.Seal]) and looked up by
//     [DB.Blind]; time and randomness come from [Options], never from SQL.
package store
