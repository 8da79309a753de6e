using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Audit;
using Xunit;

namespace Stagedoor.Gateway.Tests.Audit;

public sealed class AuditRowTests
{
    [Fact]
    public void A_chain_as_written_is_intact() => Assert.True(AuditRow.AreIntact(Chain(4)));

    [Fact]
    public void A_changed_record_is_noticed()
    {
        var rows = Chain(4);
        rows[1] = rows[1] with { UserName = "somebody else" };

        Assert.False(AuditRow.AreIntact(rows));
    }

    [Fact]
    public void A_changed_record_with_a_hash_of_its_own_is_noticed()
    {
        var rows = Chain(4);
        var forged = rows[1] with { UserName = "somebody else" };
        rows[1] = forged with { Hash = forged.ComputeHash() };

        Assert.False(AuditRow.AreIntact(rows));
    }

    [Fact]
    public void A_record_taken_out_is_noticed()
    {
        var rows = Chain(4);
        rows.RemoveAt(2);

        Assert.False(AuditRow.AreIntact(rows));
    }

    [Fact]
    public void Text_cannot_move_between_fields()
    {
        var one = AuditRow.Of(Event() with { ResourceName = "ab", ResourceId = "c" }, "id", "chain", 1, 1, AuditRow.NoHash);
        var other = AuditRow.Of(Event() with { ResourceName = "a", ResourceId = "bc" }, "id", "chain", 1, 1, AuditRow.NoHash);

        Assert.NotEqual(one.Hash, other.Hash);
    }

    [Theory]
    [InlineData("", "/v3/users")]
    [InlineData("?limit=1&name=x", "/v3/users?limit=1&name=x")]
    [InlineData("?password=hunter2&a=1", "/v3/users?password=***&a=1")]
    [InlineData("?a=1&X-Auth-Token=abc", "/v3/users?a=1&X-Auth-Token=***")]
    [InlineData("?pass%77ord=hunter2", "/v3/users?pass%77ord=***")]
    [InlineData("?sk=abc&risk=1", "/v3/users?sk=***&risk=1")]
    public void Secrets_in_a_query_are_not_recorded(string query, string recorded)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = "/v3/users";
        context.Request.QueryString = new(query);

        Assert.Equal(recorded, Redaction.Address(context.Request));
    }

    private static AuditEvent Event() => new()
    {
        OccurredAt = 1,
        TraceName = "createUser",
        ServiceType = "IAM",
        ResourceType = "user",
        UserName = "admin",
        Code = 201,
    };

    private static List<AuditRow> Chain(int length)
    {
        var rows = new List<AuditRow>();
        for (var i = 1; i <= length; i++)
        {
            rows.Add(AuditRow.Of(Event(), $"id{i}", "chain", i, i, rows.Count == 0 ? AuditRow.NoHash : rows[^1].Hash));
        }

        return rows;
    }
}
