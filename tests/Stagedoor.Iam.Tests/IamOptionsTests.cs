using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class IamOptionsTests
{
    [Fact]
    public void What_is_no_network_is_named_with_its_key()
    {
        var options = new IamOptions();
        options.AllowedAddresses.Add("10.0.0.0/8");
        options.AllowedAddresses.Add("10.0.0.0/99");

        var failures = new IamOptionsRules().Validate(null, options).Failures!;

        Assert.StartsWith("Gateway:AllowedAddresses:1 ", Assert.Single(failures), StringComparison.Ordinal);
    }
}
