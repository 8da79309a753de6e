using System.Globalization;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

public sealed class TransactionGuardTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public void A_service_has_500_transactions_of_paths_in_a_day()
    {
        var graph = new Graph();
        var (guard, service) = (new TransactionGuard(), graph.Service("g", "a"));
        for (var i = 0; i < TransactionGuard.Most; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"GET_/p{i}");
            Assert.Equal(name, guard.Pass(service, name, s_now));
        }

        Assert.Equal("GET_/**", guard.Pass(service, "GET_/one-more", s_now));
        Assert.Equal("POST_/**", guard.Pass(service, "POST_/one-more", s_now.AddHours(23)));
        Assert.Equal("/**", guard.Pass(service, "/span/name", s_now));
        Assert.Equal("GET_/p7", guard.Pass(service, "GET_/p7", s_now));
        Assert.Equal(3, guard.Overflows);
        Assert.Equal("GET_/one-more", guard.Pass(graph.Service("g", "b"), "GET_/one-more", s_now));
        Assert.Equal("GET_/one-more", guard.Pass(service, "GET_/one-more", s_now.AddDays(1)));
    }
}
