using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Watching;
using Stagedoor.Http.Tenants;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Rows of several revisions at once, as a replica reads them that was away for a while.</summary>
public sealed class EntryOrderTests(Installation installation) : IClassFixture<Installation>
{
    private static readonly Tenant s_tenant = new("rows", "default");

    [Fact]
    public void What_belongs_to_a_microservice_may_be_older_than_it()
    {
        Apply(
            Row(EntryNames.Instance, "late i1", 6, """{"instanceId":"i1","serviceId":"late","hostName":"h"}"""),
            Row(EntryNames.Contract, "late a", 7, """{"schema":"one"}"""),
            Service("late", "late", 8));

        var service = Find("late")!;
        Assert.Single(service.Instances);
        Assert.Single(service.Contracts);
    }

    [Fact]
    public void A_key_that_was_freed_belongs_to_whoever_took_it_since()
    {
        Apply(Service("first", "heir", 20));

        Apply(Service("second", "heir", 22), Row(EntryNames.Service, "first", 21, null));

        Assert.Null(Find("first"));
        var provider = installation.App.Services.GetRequiredService<Registry>().FindTenant(s_tenant.Key)!.FindProvider(new("", "default", "heir"));
        Assert.Equal(["second"], provider!.Services.Keys);
    }

    [Fact]
    public void An_instance_that_went_with_its_microservice_does_not_come_back_with_the_next()
    {
        Apply(
            Service("phoenix", "phoenix", 30),
            Row(EntryNames.Instance, "phoenix i1", 31, """{"instanceId":"i1","serviceId":"phoenix","hostName":"h"}"""));

        Apply(Row(EntryNames.Instance, "phoenix i1", 32, null), Service("phoenix", "phoenix", 33));

        Assert.Empty(Find("phoenix")!.Instances);
    }

    [Fact]
    public void Who_was_told_that_it_watches_hears_of_what_goes_in_the_same_breath()
    {
        Apply(Service("stock", "stock", 40), Service("order", "order", 40), Row(EntryNames.Instance, "stock i1", 41, """{"instanceId":"i1","serviceId":"stock","hostName":"h"}"""));
        var watcher = new Watcher(new(s_tenant.Key, "order"));
        installation.App.Services.GetRequiredService<WatchHub>().Add(watcher);

        Apply(
            Row(EntryNames.Edge, "order rows/default  default stock 0+", 42, """{"tenant":"rows/default","environment":"","appId":"default","name":"stock","version":"0+"}"""),
            Row(EntryNames.Instance, "stock i1", 43, null));

        Assert.True(watcher.Events.TryRead(out _));
    }

    private static EntryRow Service(string id, string name, long revision) => Row(
        EntryNames.Service,
        id,
        revision,
        string.Create(CultureInfo.InvariantCulture, $$"""{"serviceId":"{{id}}","serviceName":"{{name}}","appId":"default","version":"1.0.0"}"""));

    private static EntryRow Row(string kind, string id, long revision, string? body) =>
        new() { Kind = kind, Tenant = s_tenant.Key, Id = id, Revision = revision, Body = body };

    private ServiceNode? Find(string id) => installation.App.Services.GetRequiredService<Registry>().FindService(s_tenant, id);

    private void Apply(params EntryRow[] rows) => installation.App.Services.GetRequiredService<EntryKinds>().Apply(rows);
}
