using System.Net;
using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class AddressListTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.1/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("fd00::/8", "fd12::1", true)]
    [InlineData("fd00::/8", "2001:db8::1", false)]
    [InlineData("::1", "::1", true)]
    public void A_network_holds_its_addresses(string network, string address, bool expected) =>
        Assert.Equal(expected, AddressList.Parse([network]).Contains(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("here")]
    [InlineData("10.0.0.0/8/8")]
    public void What_is_no_network_is_refused(string text) => Assert.False(AddressList.TryParseNetwork(text, out _));

    [Fact]
    public void An_unknown_address_is_in_no_network() => Assert.False(AddressList.Parse(["0.0.0.0/0", "::/0"]).Contains(null));

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    public void A_client_cannot_leave_its_network(string one, string other, bool same) =>
        Assert.Equal(same, ClientNetwork.Of(IPAddress.Parse(one)) == ClientNetwork.Of(IPAddress.Parse(other)));
}
