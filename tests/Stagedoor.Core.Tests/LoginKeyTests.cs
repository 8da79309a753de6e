using Xunit;

namespace Stagedoor.Tests;

public sealed class LoginKeyTests
{
    [Theory]
    [InlineData("AKEXAMPLE", "SKEXAMPLE", "0e88cbb99273df9955697b92044912a5883c7ea4463f1cae99013c9478dba7c0")]
    [InlineData(
        "STAGEDOOREXAMPLEAK01",
        "stagedoorExampleSecretKey0123456789abcdE",
        "a93512addf5d9651482b22ea225e78cab05baac8004a150ce1008acdab8d08ce")]
    public void The_login_key_is_the_hmac_of_the_access_key(string accessKey, string secretKey, string expected) =>
        Assert.Equal(expected, LoginKey.Compute(accessKey, secretKey));
}
