namespace Stagedoor.Iam.Domains;

/// <summary>Answers from the table of accounts.</summary>
internal sealed class AccountNames(DomainStore domains) : IAccountNames
{
    public async Task<string?> FindIdAsync(string name, CancellationToken cancellationToken) => (await domains.FindByNameAsync(name, cancellationToken))?.Id;
}
