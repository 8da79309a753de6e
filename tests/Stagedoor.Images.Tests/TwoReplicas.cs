using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;

namespace Stagedoor.Images.Tests;

/// <summary>Two replicas on one database; a test can hold open what the first one does.</summary>
public class TwoReplicas : SharedDatabase
{
    /// <summary>The other replica; only where there is a server.</summary>
    public StagedoorApp Other { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (OwnDatabase.IsAvailable)
        {
            Other = await StagedoorApp.JoinAsync(App, ConfigureOther, [.. Settings, .. Database!.Settings, ("Gateway:PasswordIterations", "10000"), ("Gateway:RequestsPerSecond", "0")]);
        }
    }

    /// <summary>Replaces services of the other replica.</summary>
    protected virtual void ConfigureOther(IServiceCollection services)
    {
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Other is not null)
        {
            await Other.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
