using Stagedoor.Iam.Projects;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Domains;

/// <summary>The operator's account is the oldest: whoever has installed the program has it, and gives the others out.</summary>
internal sealed class OperatorAccount(GatewayDb db, ProjectStore projects) : IOperatorAccount
{
    public async Task<bool> IsOperatorAsync(string domainId, CancellationToken cancellationToken) =>
        string.Equals(await FindAsync(cancellationToken), domainId, StringComparison.Ordinal);

    public async Task<string?> FindProjectAsync(CancellationToken cancellationToken) =>
        await FindAsync(cancellationToken) is { } domainId ? (await projects.FindDefaultAsync(domainId, cancellationToken))?.Id : null;

    private Task<string?> FindAsync(CancellationToken cancellationToken) =>
        db.FindAsync<string>("SELECT id FROM domain ORDER BY created_at, id LIMIT 1", null, cancellationToken);
}
