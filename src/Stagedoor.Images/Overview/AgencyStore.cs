namespace Stagedoor.Images.Overview;

/// <summary>Accounts that let the image repository act for them.</summary>
internal sealed class AgencyStore(ImagesDb db, TimeProvider clock)
{
    public async Task<bool> ExistsAsync(string domainId, CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM agencies WHERE domain_id = @domainId", new { domainId }, cancellationToken) > 0;

    /// <summary>Notes it; false when it was there already.</summary>
    public async Task<bool> AddAsync(Caller caller, CancellationToken cancellationToken) => await db.ExecuteAsync(
        "INSERT INTO agencies (domain_id, user_id, created_at) VALUES (@DomainId, @UserId, @now) ON CONFLICT (domain_id) DO NOTHING",
        new { caller.DomainId, caller.UserId, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
        cancellationToken) == 1;
}
