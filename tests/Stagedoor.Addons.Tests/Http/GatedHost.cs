using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>An installation on one of the engines, with a gate before its blob store.</summary>
internal sealed class GatedHost : IAsyncDisposable
{
    private readonly OwnDatabase? _database;

    private GatedHost(OwnDatabase? database) => _database = database;

    public StagedoorApp App { get; private set; } = null!;

    public BlobGate Blobs { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<GatedHost> StartAsync(string engine)
    {
        var host = new GatedHost(engine is "postgresql" ? await OwnDatabase.CreateAsync() : null);
        host.App = await StagedoorApp.StartAsync(services => host.Blobs.Install(services), [("Gateway:PasswordIterations", "10000"), .. host._database?.Settings ?? []]);
        return host;
    }

    public Task<HttpResponseMessage> UploadAsync(string path, byte[] package, object? parameters = null) =>
        App.Admin.PostAsync(path, AddonSite.Form(package, parameters), Cancellation);

    public Task<HttpResponseMessage> ReplaceAsync(string address, byte[] package) => App.Admin.PutAsync(address, AddonSite.Form(package), Cancellation);

    /// <summary>How many packages the store holds, each of which has a row.</summary>
    public int CountPackages()
    {
        var folder = Path.Combine(App.DataDirectory, "blobs", "addons");
        var count = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count() : 0;
        Assert.Equal(count, App.Sabotage("addons").Count("blobs"));
        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
