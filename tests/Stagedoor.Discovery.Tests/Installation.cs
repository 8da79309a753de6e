using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests;

/// <summary>An installation whose registry trusts this machine, for the tests of a class.</summary>
public class Installation : IAsyncLifetime
{
    public StagedoorApp App { get; private set; } = null!;

    /// <summary>The registry's calls, without credentials.</summary>
    public RegistryClient Registry => new(App.Anonymous);

    protected virtual IEnumerable<(string Key, string Value)> Settings => [];

    public virtual async ValueTask InitializeAsync()
    {
        (string Key, string Value)[] usual = [("Gateway:PasswordIterations", "10000"), ("Gateway:RequestsPerSecond", "0")];
        App = await StagedoorApp.StartAsync([.. usual, .. Settings]);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await App.DisposeAsync();
    }

    /// <summary>A name that no other test uses.</summary>
    public static string NewName(string prefix = "service") => $"{prefix}-{Guid.NewGuid():n}";
}
