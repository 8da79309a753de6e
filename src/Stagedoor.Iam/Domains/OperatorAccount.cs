using Stagedoor.Identity;

namespace Stagedoor.Iam.Domains;

/// <summary>The operator's account is the oldest: whoever has installed the program has it, and gives the others out.</summary>
internal sealed class OperatorAccount(GatewayDb db) : IOperatorAccount
{
    public async Task<bool> IsOperatorAsync(string domainId, CancellationToken cancellationToken) => string.Equals(
        await db.FindAsync<string>("SELECT id FROM domain ORDER BY created_at, id LIMIT 1", null, cancellationToken), domainId, StringComparison.Ordinal);
}
