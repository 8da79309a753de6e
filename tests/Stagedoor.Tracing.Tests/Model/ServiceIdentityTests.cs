using Stagedoor.Tracing.Model;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

public sealed class ServiceIdentityTests
{
    [Theory]
    [InlineData("", "", "default unknown_service unknown default default ")]
    [InlineData("service.name=Cart", "", "default cart unknown default default ")]
    [InlineData("service.name=   ", "", "default unknown_service unknown default default ")]
    [InlineData("service.name=#7", "", "default unknown_service unknown default default ")]
    [InlineData("service.name=unknown_service:Java", "", "default unknown_service:java unknown default default ")]
    [InlineData("service.name=a|apm.monitor_group=one|service.namespace=two|k8s.namespace.name=three", "four", "one a unknown default three ")]
    [InlineData("service.name=a|service.namespace=two|k8s.namespace.name=three", "four", "two a unknown default three ")]
    [InlineData("service.name=a|k8s.namespace.name=three", "four", "four a unknown default three ")]
    [InlineData("service.name=a|k8s.namespace.name=three", "", "three a unknown default three ")]
    [InlineData("service.name=a|k8s.pod.name=Pod-1|service.instance.id=i", "", "default a pod-1 default default ")]
    [InlineData("service.name=a|service.instance.id=I|container.id=0123456789abcdef", "", "default a i default default ")]
    [InlineData("service.name=a|container.id=0123456789abcdef|host.name=h", "", "default a 0123456789ab default default ")]
    [InlineData("service.name=a|host.name=H|process.pid=#17", "", "default a h:17 default default ")]
    [InlineData("service.name=a|host.name=H", "", "default a h default default ")]
    [InlineData("service.name=a|network.local.address=10.8.0.12|network.local.port=#8080", "", "default a 10.8.0.12:8080 default default ")]
    [InlineData("service.name=a|network.local.address=10.8.0.12", "", "default a 10.8.0.12 default default ")]
    [InlineData("service.name=a|k8s.cluster.name=C|k8s.cluster.uid=u", "", "default a unknown C default ")]
    [InlineData("service.name=a|k8s.cluster.uid=u", "", "default a unknown u default ")]
    [InlineData("service.name=a|deployment.environment=old", "", "default a unknown default default old")]
    [InlineData("service.name=a|deployment.environment=old|deployment.environment.name=new", "", "default a unknown default default new")]
    [InlineData("service.name=shop.cart.prod", "", "default shop.cart.prod unknown default default ")]
    [InlineData("service.name=shop.cart.prod", "=shop", "shop cart unknown default default prod")]
    [InlineData("service.name=shop.a.b.Cart.prod|service.namespace=two", "=shop", "shop cart unknown default default prod")]
    [InlineData("service.name=shop.cart", "=shop", "default shop.cart unknown default default ")]
    [InlineData("service.name=shop..prod", "=shop", "default shop..prod unknown default default ")]
    [InlineData("service.name=other.cart.prod", "=shop", "default other.cart.prod unknown default default ")]
    public void Who_sent_a_span_is_told_by_its_resource_and_its_key(string resource, string key, string expected)
    {
        var batch = Sent.Span(resource: resource);
        var identity = ServiceIdentity.Of(batch, batch.Resources[0], key.StartsWith('=') ? new("", key[1..]) : new(key, ""));

        Assert.Equal(expected, $"{identity.MonitorGroup} {identity.Application} {identity.Instance} {identity.ClusterId} {identity.Namespace} {identity.Environment}");
        Assert.Equal(identity.Application is ServiceIdentity.UnknownService, identity.IsUnknown);
    }
}
