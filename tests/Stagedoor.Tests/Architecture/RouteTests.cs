using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Gateway.Admission;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Admission;

/// <summary>Every route of the application says who may call it, how it is recorded, how often it may be called and how it fails.</summary>
public sealed class RouteTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private IReadOnlyList<RouteEndpoint> Routes =>
        [.. _app.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>()];

    public async ValueTask InitializeAsync() =>
        _app = await StagedoorApp.StartAsync(("Gateway:PasswordIterations", "10000"), ("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:PasswordIterations", "10000"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public void Each_route_says_who_may_call_it()
    {
        var policies = _app.Services.GetRequiredService<RoutePolicies>();

        Assert.True(Routes.Count > 100);
        Assert.Empty(Routes.Where(r => policies.Of(r).IsUndecided).Select(Name));
    }

    [Fact]
    public void Each_route_that_the_gateway_guards_is_recorded_when_it_changes_something_and_has_a_rate()
    {
        var policies = _app.Services.GetRequiredService<RoutePolicies>();
        var guarded = Routes.Where(r => policies.Of(r).Auth is AuthMode.Iam).ToList();

        Assert.NotEmpty(guarded);
        Assert.Empty(guarded.Where(r => Changes(r) && policies.Of(r).Audit is null).Select(Name));
        Assert.Empty(guarded.Where(r => policies.Of(r).Throttle is null && r.Metadata.GetMetadata<UnthrottledMetadata>() is null).Select(Name));
    }

    // The list of versions answers from nothing, and cannot fail.
    [Fact]
    public void Each_route_of_a_service_says_how_it_fails() => Assert.Equal(
        ["GET,HEAD /"],
        Routes.Where(static r => r.Metadata.GetMetadata<ServiceMetadata>() is not null && r.Metadata.GetMetadata<ErrorsMetadata>() is null).Select(Name));

    private static bool Changes(RouteEndpoint route) => route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods
        .Any(static m => !HttpMethods.IsGet(m) && !HttpMethods.IsHead(m) && !HttpMethods.IsOptions(m)) ?? true;

    private static string Name(RouteEndpoint route) =>
        $"{string.Join(',', route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])} {route.RoutePattern.RawText}";
}
