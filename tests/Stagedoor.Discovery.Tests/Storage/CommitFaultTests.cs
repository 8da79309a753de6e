using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Whatever fails between a decision, its commit and memory: afterwards memory is what is stored.</summary>
public sealed class CommitFaultTests
{
    private static readonly (string Kind, HttpMethod Method, string Path, object? Body)[] s_changes =
    [
        (EntryNames.Instance, HttpMethod.Post, "/microservices/SELF/instances", new { instance = new { instanceId = "i1", hostName = "h" } }),
        (EntryNames.Instance, HttpMethod.Put, "/microservices/SELF/instances/i1/status?value=DOWN", null),
        (EntryNames.Tags, HttpMethod.Post, "/microservices/SELF/tags", new { tags = new { team = "blue" } }),
        (EntryNames.Contract, HttpMethod.Put, "/microservices/SELF/schemas/a", new { schema = "one", summary = "s1" }),
        (EntryNames.Service, HttpMethod.Put, "/microservices/SELF/properties", new { properties = new { a = "b" } }),
        (EntryNames.Rule, HttpMethod.Post, "/microservices/SELF/rules", new { rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern = "evil" } } }),
        (EntryNames.Edge, HttpMethod.Post, "/dependencies", new
        {
            dependencies = new[]
            {
                new
                {
                    consumer = new { appId = "default", serviceName = "stock", version = "1.0.0" },
                    providers = new[] { new { appId = "default", serviceName = "other", version = "0+" } },
                },
            },
        }),
        (EntryNames.Instance, HttpMethod.Delete, "/microservices/SELF/instances/i1", null),
        (EntryNames.Service, HttpMethod.Delete, "/microservices/SELF?force=true", null),
    ];

    [Theory]
    [Provokes("500011")]
    [InlineData(FaultStep.Begin, false)]
    [InlineData(FaultStep.BeforeCommit, false)]
    [InlineData(FaultStep.AfterCommit, true)]
    public async Task A_write_that_fails_is_kept_or_not_and_memory_is_as_the_rows(FaultStep step, bool isKept)
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var id = await registry.RegisterAsync("stock");

        faults.FailOnce(step);
        await registry.RefusedAsync("500011", HttpMethod.Post, $"/microservices/{id}/instances", new { instance = new { instanceId = "i1", hostName = "h" } });
        await registry.RegisterInstanceAsync(id, instanceId: "i2");

        Assert.Equal(isKept ? ["i1", "i2"] : ["i2"], (await registry.FindIdsAsync("stock")).Order(StringComparer.Ordinal));
        await IsAsStoredAsync(app);
    }

    [Fact]
    [Provokes("500011")]
    public async Task A_write_after_a_commit_in_doubt_is_refused_until_memory_was_read_anew()
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var id = await registry.RegisterAsync("stock", alias: "depot");

        // The commit that nobody heard of takes the name; whoever decides before it is seen would give it away twice.
        faults.FailOnce(FaultStep.AfterCommit);
        using (faults.FailAlways(FaultStep.Read))
        {
            await registry.RefusedAsync("500011", HttpMethod.Post, "/microservices", new { service = new { serviceName = "order", alias = "till" } });
            await registry.RefusedAsync("500011", HttpMethod.Post, "/microservices", new { service = new { serviceName = "other", alias = "till" } });
        }

        await IsStoredOnceAsync(app, "till");

        await registry.RefusedAsync("400010", HttpMethod.Post, "/microservices", new { service = new { serviceName = "other", alias = "till" } });
        await registry.RegisterInstanceAsync(id);
        await IsAsStoredAsync(app);
    }

    [Theory]
    [InlineData(FaultStep.BeforeTakingOver)]
    [InlineData(FaultStep.AfterTakingOver)]
    public async Task What_is_stored_is_answered_and_seen_though_taking_it_over_failed(FaultStep step)
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var id = await registry.RegisterAsync("stock", schemas: ["a"]);
        await registry.RegisterAsync("other");
        foreach (var (kind, method, path, body) in s_changes)
        {
            faults.Kind = kind;
            faults.FailOnce(step);

            await registry.CallAsync(method, path.Replace("SELF", id, StringComparison.Ordinal), body);

            await IsAsStoredAsync(app);
        }
    }

    [Theory]
    [Provokes("500011")]
    [InlineData(FaultStep.BeforeTakingOver)]
    [InlineData(FaultStep.AfterTakingOver)]
    public async Task While_it_cannot_be_read_anew_nothing_is_decided(FaultStep step)
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var id = await registry.RegisterAsync("stock", schemas: ["a"]);
        await registry.RegisterAsync("other");
        foreach (var (kind, method, path, body) in s_changes)
        {
            faults.Kind = kind;
            faults.FailOnce(step);
            using (faults.FailAlways(FaultStep.Read))
            {
                await registry.RefusedAsync("500011", method, path.Replace("SELF", id, StringComparison.Ordinal), body);
                await registry.RefusedAsync("500011", HttpMethod.Post, "/microservices", new { service = new { serviceName = $"new-{path.Length}" } });
            }

            // Nobody has to write for that.
            await Eventually.TrueAsync("memory is read anew", app.Clock, TimeSpan.FromMilliseconds(250), () => IsCurrentAsync(app));
            await IsAsStoredAsync(app);
        }
    }

    [Fact]
    public async Task A_row_that_can_never_be_taken_over_keeps_nothing_else_away()
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var id = await registry.RegisterAsync("stock");
        faults.Kind = EntryNames.Instance;
        for (var i = 0; i < 3; i++)
        {
            faults.FailOnce(FaultStep.BeforeTakingOver);
        }

        // Its own row fails, and again when everything is read anew.
        await registry.RegisterInstanceAsync(id, instanceId: "poison");
        await registry.RegisterInstanceAsync(id, instanceId: "good");

        Assert.Contains("good", await registry.FindIdsAsync("stock"));
    }

    [Fact]
    public async Task Who_listens_and_fails_is_told_so_and_the_change_counts()
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var id = await registry.RegisterAsync("stock");
        faults.FailOnce(FaultStep.Telling);

        await registry.RegisterInstanceAsync(id, instanceId: "i1");

        Assert.Equal(["i1"], await registry.FindIdsAsync("stock"));
        Assert.Equal(1, faults.Missed);
        await IsAsStoredAsync(app);
    }

    [Fact]
    [Provokes("500011")]
    public async Task More_writes_than_may_wait_are_refused()
    {
        var (app, faults, registry) = await StartAsync();
        await using var _ = app;
        var writer = app.Services.GetRequiredService<RegistryWriter>();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        faults.At(FaultStep.BeforeCommit, () =>
        {
            reached.SetResult();
            return released.Task;
        });
        var first = registry.RegisterAsync("first");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(10), Engine.Cancellation);

        var waiting = Enumerable.Range(0, WriteQueue.MaxWaiting).Select(_ => writer.WriteAsync([], static _ => true)).ToList();
        var detail = await registry.RefusedAsync("500011", HttpMethod.Post, "/microservices", new { service = new { serviceName = "one-too-many" } });
        released.SetResult();

        Assert.DoesNotContain("first", detail, StringComparison.Ordinal);
        await first;
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        await registry.RegisterAsync("one-too-many");
    }

    private static async Task<(StagedoorApp App, FaultyStore Faults, RegistryClient Registry)> StartAsync()
    {
        var faults = new FaultyStore();
        var app = await StagedoorApp.StartAsync(faults.Install, ("Gateway:PasswordIterations", "10000"), ("Discovery:Rules", "true"));
        return (app, faults, new(app.Anonymous));
    }

    private static async Task<bool> IsCurrentAsync(StagedoorApp app) =>
        (await app.Services.GetRequiredService<EntryStore>().ReadAllAsync(Engine.Cancellation)).Head.Revision == app.Services.GetRequiredService<RegistryWriter>().Applied;

    private static async Task IsAsStoredAsync(StagedoorApp app)
    {
        var (head, rows) = await app.Services.GetRequiredService<EntryStore>().ReadAllAsync(Engine.Cancellation);
        var registry = app.Services.GetRequiredService<Registry>();
        var present = app.Services.GetServices<IEntryKind>().SelectMany(static k => k.Present().Select(p => $"{k.Name} {p.Tenant} {p.Id}"));

        Assert.Equal(rows.Select(static r => $"{r.Kind} {r.Tenant} {r.Id}").Order(StringComparer.Ordinal), present.Order(StringComparer.Ordinal));
        Assert.Equal(head.Revision, app.Services.GetRequiredService<RegistryWriter>().Applied);
        Assert.Equal(
            rows.Where(static r => r.Kind is EntryNames.Service or EntryNames.Instance).Select(static r => $"{r.Id} {r.Revision}").Order(StringComparer.Ordinal),
            registry.Tenants.SelectMany(static t => t.Services.Values).Select(static s => $"{s.Id} {s.Revision}")
                .Concat(registry.Instances.Select(static i => $"{EntryNames.Join(i.Service.Id, i.Id)} {i.Revision}")).Order(StringComparer.Ordinal));
        foreach (var tenant in registry.Tenants)
        {
            Assert.Equal(tenant.Services.Values.Sum(static s => s.Instances.Count), tenant.Instances);
            Assert.Equal(tenant.Services.Values.ToHashSet(), tenant.ByKey.Values.ToHashSet());
            Assert.All(tenant.Services.Values, static s => Assert.Same(s, s.Provider.Services[s.Id]));
        }
    }

    private static async Task IsStoredOnceAsync(StagedoorApp app, string alias)
    {
        var (_, rows) = await app.Services.GetRequiredService<EntryStore>().ReadAllAsync(Engine.Cancellation);
        Assert.Single(rows, r => r.Body!.Contains($"\"{alias}\"", StringComparison.Ordinal));
    }
}
