using Stagedoor.Storage;

namespace Stagedoor.Images;

/// <summary>Integer ids that both engines hand out alike.</summary>
internal static class Sequence
{
    /// <summary>The next id. Until the transaction ends, others that ask for one wait.</summary>
    public static Task<long> NextAsync(DbSession session, string name) => session.FindAsync<long>(
        """
        INSERT INTO id_sequences (name, value) VALUES (@name, 1)
        ON CONFLICT (name) DO UPDATE SET value = id_sequences.value + 1
        RETURNING value
        """,
        new { name });
}
