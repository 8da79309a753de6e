namespace Stagedoor;

/// <summary>Which account is that of the installation's operator. Identity management implements it; what concerns all accounts is for that one.</summary>
public interface IOperatorAccount
{
    /// <summary>Whether this is the account that the first start made.</summary>
    /// <param name="domainId">The account.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    Task<bool> IsOperatorAsync(string domainId, CancellationToken cancellationToken);

    /// <summary>The project that stands for the region in that account, where calls act that name none; null before the first start has made it.</summary>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    Task<string?> FindProjectAsync(CancellationToken cancellationToken);
}
