namespace Stagedoor;

/// <summary>Which accounts there are. Identity management implements it, since it keeps them.</summary>
public interface IAccountNames
{
    /// <summary>The id of the account of this name; null when there is none.</summary>
    Task<string?> FindIdAsync(string name, CancellationToken cancellationToken);
}
