/// The 256 words of a fingerprint: common English ones of 4 to 8 letters, ascending, all different.
/// The list never changes: people compare what two versions of the program show.
package enum FingerprintWords {
    /// Word n stands for byte n.
    package static let all: [String] =
        """
        acid actor adult agent album alley amber angle ankle apple apron arena
        arrow atlas attic award bacon badge baker banjo basin beach berry bible
        bingo birch blade blaze board bonus bread brick bride broom brush bucket
        buffalo bugle cabin cable camel candy canoe canyon carbon cargo carpet castle
        cedar cello chalk cherry chess chief cider cigar circus clock cloud clover
        cobra coffee comet copper coral cotton cousin crane crystal cube dairy daisy
        dance dawn decade delta desert diary diesel dinner doctor dolphin donkey dragon
        drum dune eagle earth easel echo elbow elder ember engine equal essay
        fabric falcon farmer feather fence fever fiddle finger flame flute forest fossil
        fountain frog galaxy garden garlic ghost giant ginger glacier glove goblin gold
        gorilla grape gravel guitar hammer harbor hazel helmet hermit hockey honey hotel
        humor hunter igloo index insect iron island ivory jacket jaguar jelly jewel
        jigsaw judge juice jungle kayak kernel kettle kidney kitten koala ladder lagoon
        lantern laptop lemon leopard lilac linen lizard lobster lotus lumber magnet mango
        maple marble meadow melon menu metal mirror mitten monkey mosaic motor muffin
        museum napkin nectar needle noodle north nylon oasis ocean olive onion opera
        orbit orchid otter oval oxygen oyster paddle palace panda paper parrot pasta
        peanut pencil pepper piano pigeon pilot planet plaza pocket poem polar pony
        potato prism pulse pumpkin puzzle python quartz queen quilt rabbit radio raven
        ribbon river robot rocket saddle salad salmon scarf shadow silver siren spider
        summer temple tiger tulip tunnel turtle unicorn urban valley velvet violin walnut
        window winter yellow zebra
        """.split(whereSeparator: \.isWhitespace).map(String.init)
}
