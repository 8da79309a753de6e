using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Relations;
using Xunit;

namespace Stagedoor.Discovery.Tests.Relations;

/// <summary>Dependencies that discovery calls make.</summary>
public sealed class FoundDependencyTests(Engine engine) : IClassFixture<Engine>
{
    private static readonly string[] s_batch = ["stock", "stock", "till"];

    [Fact]
    public async Task It_is_stored_before_the_call_is_answered()
    {
        var app = engine.NewName();
        var consumer = await engine.RegisterAsync(app, "order");
        await engine.RegisterAsync(app, "stock");

        await engine.FoundAsync(app, "stock", consumer: consumer);

        Assert.Single(await StoredAsync(consumer));
    }

    [Fact]
    public async Task All_of_a_batch_are_stored_before_it_is_answered()
    {
        var app = engine.NewName();
        var consumer = await engine.RegisterAsync(app, "order");
        await engine.RegisterAsync(app, "stock");
        await engine.RegisterAsync(app, "till");

        await new RegistryClient(engine.Client).CallAsync(HttpMethod.Post, "/instances/action?type=query", new
        {
            consumerServiceId = consumer,
            services = s_batch.Select(name => new { service = new { appId = app, serviceName = name, version = "0+" } }),
        });

        Assert.Equal(2, (await StoredAsync(consumer)).Count);
    }

    [Fact]
    public async Task A_call_that_finds_while_its_consumer_is_deleted_holds_no_provider()
    {
        var app = engine.NewName();
        var (dependencies, registry) = (engine.App.Services.GetRequiredService<Dependencies>(), engine.App.Services.GetRequiredService<Registry>());
        var provider = await engine.RegisterAsync(app, "stock");
        var consumer = registry.FindTenant("default/default")!.Services[await engine.RegisterAsync(app, "order")];
        using var gone = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{consumer.Id}");

        // The call has its consumer since before.
        var name = new ProviderName("", app, "stock");
        dependencies.Found(consumer, registry.FindTenant("default/default")!.FindProvider(name)!, name, VersionRule.TryParse("0+", out var any) ? any : null!);

        Assert.Empty(consumer.Edges);
        await dependencies.StoreAsync(consumer);
        Assert.Empty(await StoredAsync(consumer.Id));
        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}");
        Assert.True(deleted.IsSuccessStatusCode, "A provider is held by a consumer that is gone.");
    }

    private async Task<IReadOnlyList<EntryRow>> StoredAsync(string consumer)
    {
        var (_, rows) = await engine.App.Services.GetRequiredService<EntryStore>().ReadAllAsync(Engine.Cancellation);
        return [.. rows.Where(r => r.Kind is EntryNames.Edge && r.Id.StartsWith(consumer + " ", StringComparison.Ordinal))];
    }
}
