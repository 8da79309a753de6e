using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Packages;

/// <summary>Who has packages: an account its templates, a project its charts. The row is also what counts are held by.</summary>
internal sealed class LibraryStore(AddonsDb db)
{
    /// <summary>The scope of an account's templates.</summary>
    public const string Account = "";

    /// <summary>The library, made where there is none; until the transaction ends, others that ask for it wait.</summary>
    public async Task<long> HoldAsync(DbSession session, string domainId, string scope)
    {
        var values = new { id = IdOf(domainId, scope), domainId, scope };
        await session.ExecuteAsync(
            "INSERT INTO library (id, domain_id, scope) VALUES (@id, @domainId, @scope) ON CONFLICT (domain_id, scope) DO NOTHING", values);
        return await session.FindAsync<long>($"SELECT id FROM library WHERE domain_id = @domainId AND scope = @scope{db.ForUpdate}", values);
    }

    /// <summary>The number of the library, made where there is none.</summary>
    public Task<long> EnsureAsync(string domainId, string scope, CancellationToken cancellationToken) =>
        db.TransactAsync(session => HoldAsync(session, domainId, scope), cancellationToken);

    // The same wherever it is computed, so that two who make it at one moment agree.
    private static long IdOf(string domainId, string scope) =>
        (BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{domainId}/{scope}"))) & long.MaxValue) | 1;
}
