using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Http;
using Xunit;

namespace Stagedoor.Discovery.Tests.Microservices;

/// <summary>
/// Two register the same microservice at once: the second looks while the first is just being taken in, and stands under some of its names only.
/// </summary>
public sealed class FoundHalfwayTests
{
    private readonly TenantState _tenant = new("default/default");
    private readonly Microservice _cart = new() { AppId = "shop", ServiceName = "cart", Version = "1.0.0", Alias = "basket" };

    [Fact]
    public void Under_its_id_alone_it_is_the_same()
    {
        var node = NodeOf(ServiceIds.Of(_tenant.Key, _cart.Key), _cart);
        _tenant.Services[node.Id] = node;

        Assert.Equal(node.Id, MicroserviceWriter.Find(_tenant, _cart));
    }

    [Fact]
    public void Under_its_alias_it_is_the_same()
    {
        var node = NodeOf("chosen", _cart with { ServiceId = "chosen" });
        _tenant.ByAlias[_cart.AliasKey!.Value] = node;

        Assert.Equal("chosen", MicroserviceWriter.Find(_tenant, _cart));
    }

    [Fact]
    public void Under_another_id_than_the_one_asked_for_it_is_a_contradiction()
    {
        _tenant.ByAlias[_cart.AliasKey!.Value] = NodeOf("chosen", _cart with { ServiceId = "chosen" });

        Assert.Throws<ApiException>(() => MicroserviceWriter.Find(_tenant, _cart with { ServiceId = "wanted" }));
    }

    [Fact]
    public void Another_with_its_id_or_alias_is_a_contradiction()
    {
        var other = _cart with { ServiceName = "stock" };
        _tenant.Services["chosen"] = NodeOf("chosen", other);
        _tenant.ByAlias[_cart.AliasKey!.Value] = NodeOf("elsewhere", other);

        Assert.Throws<ApiException>(() => MicroserviceWriter.Find(_tenant, _cart with { ServiceId = "chosen" }));
        Assert.Throws<ApiException>(() => MicroserviceWriter.Find(_tenant, _cart));
    }

    private ServiceNode NodeOf(string id, Microservice service) => new(_tenant, id, service);
}
