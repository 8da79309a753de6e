using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Audit;
using Xunit;

namespace Stagedoor.Gateway.Tests.Audit;

public sealed class AuditRowTests
{
    private static readonly byte[] s_key = "a key of the audit log"u8.ToArray();

    [Fact]
    public void Without_the_key_there_is_no_hash_that_fits()
    {
        var row = AuditRow.Of(Event(), "id", "chain", 1, 1, AuditRow.NoHash, s_key);

        Assert.Equal(row.Hash, row.ComputeHash(s_key));
        Assert.NotEqual(row.Hash, row.ComputeHash(null));
        Assert.NotEqual(row.Hash, row.ComputeHash([.. s_key, 1]));
    }

    [Fact]
    public void Text_cannot_move_between_fields()
    {
        var one = AuditRow.Of(Event() with { ResourceName = "ab", ResourceId = "c" }, "id", "chain", 1, 1, AuditRow.NoHash, s_key);
        var other = AuditRow.Of(Event() with { ResourceName = "a", ResourceId = "bc" }, "id", "chain", 1, 1, AuditRow.NoHash, s_key);

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
}
