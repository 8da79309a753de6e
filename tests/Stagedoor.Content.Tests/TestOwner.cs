namespace Stagedoor.Content.Tests;

/// <summary>An owner that needs every blob that is linked to it.</summary>
internal sealed class TestOwner(string table) : IBlobOwner
{
    public BlobLinkTable Links { get; } = new(table, "owner_id", "owners");

    /// <summary>How often it was told that what it remembers is out of date.</summary>
    public int Forgotten { get; private set; }

    public Task<int> ReleaseAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    public void Forget() => Forgotten++;
}
